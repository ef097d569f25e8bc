select 'V' || lpad(id::text, 5, '0') as session_id, customer_id, started_at at time zone 'UTC' as started_at,
    source, landing_page, page_views, seconds, has_ordered
from {{ ref('raw_web_sessions') }}
