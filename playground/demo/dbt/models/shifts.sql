select
    'H' || lpad(id::text, 6, '0') as shift_id,
    'S' || lpad(store::text, 2, '0') as store_id,
    barista_id,
    starts_at at time zone 'UTC' as starts_at,
    shift_type,
    station,
    planned_hours,
    worked_hours,
    greatest(worked_hours - planned_hours, 0) as overtime_hours,
    was_no_show
from {{ ref('raw_shifts') }}
