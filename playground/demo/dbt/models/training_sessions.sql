select 'T' || lpad(id::text, 4, '0') as session_id, barista_id, store_id, held_on, topic, trainer, stage, score,
    case when score is not null then score >= 60 end as has_passed
from {{ ref('raw_training') }}
