select 'W' || lpad(id::text, 5, '0') as waste_id, 'S' || lpad(store::text, 2, '0') as store_id,
    recorded_at at time zone 'UTC' as recorded_at, reason, ingredient, kilograms, cost
from {{ ref('raw_waste') }}
