-- Points are earned by the order, five for each euro; everything else the till writes down.
select 'L' || lpad(e.id::text, 6, '0') as event_id, e.customer_id, e.occurred_at at time zone 'UTC' as occurred_at,
    e.event_type, e.reward_name, e.points
from {{ ref('raw_loyalty_events') }} as e
union all
select 'L' || o.order_id, o.customer_id, o.ordered_at, 'earned', null,
    (floor(o.basket_total) * case when (o.ordered_at at time zone 'UTC')::date between '2026-06-08' and '2026-06-14' then 10 else 5 end)::int
from {{ ref('orders') }} as o
join {{ ref('raw_customers') }} as c on c.customer_id = o.customer_id and c.loyalty_tier is not null
where o.status = 'completed' and o.basket_total >= 1
