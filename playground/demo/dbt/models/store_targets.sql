select t.store_id || to_char(t.month, '-YYYYMM') as target_id, t.store_id, s.region, t.month, t.revenue_target
from (
    select 'S' || lpad(store::text, 2, '0') as store_id, month, revenue_target
    from {{ ref('raw_targets') }}
) as t
join {{ ref('stores') }} as s on s.store_id = t.store_id
