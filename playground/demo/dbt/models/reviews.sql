select 'R' || lpad(id::text, 5, '0') as review_id, store_id, reviewed_at at time zone 'UTC' as reviewed_at,
    source, language, rating, text, is_answered
from {{ ref('raw_reviews') }}
