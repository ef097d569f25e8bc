select
    'K' || lpad(id::text, 4, '0') as ticket_id,
    store_id,
    opened_at at time zone 'UTC' as opened_at,
    closed_at at time zone 'UTC' as closed_at,
    equipment,
    severity,
    closed_at is null as is_open,
    downtime_hours,
    round(extract(epoch from closed_at - opened_at) / 3600, 1) as hours_to_close,
    repair_cost
from {{ ref('raw_tickets') }}
