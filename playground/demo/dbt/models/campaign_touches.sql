select 'X' || lpad(id::text, 5, '0') as touch_id, 'M' || lpad(campaign::text, 2, '0') as campaign_id, customer_id,
    touched_at at time zone 'UTC' as touched_at, touch_kind, device, variant, cost, attributed_revenue
from {{ ref('raw_touches') }}
