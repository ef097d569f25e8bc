with visits as (
    select customer_id, count(*) as lifetime_orders, sum(basket_total) as lifetime_value,
        max((ordered_at at time zone 'UTC')::date) as last_order_on
    from {{ ref('orders') }}
    where status in ('placed', 'completed')
    group by customer_id
)

select
    c.customer_id,
    lower(c.customer_id) || '@guests.example' as email,
    c.home_city,
    c.signup_source,
    c.loyalty_tier,
    c.joined_at at time zone 'UTC' as joined_at,
    c.age,
    c.is_subscribed,
    coalesce(v.lifetime_orders, 0)::int as lifetime_orders,
    coalesce(v.lifetime_value, 0)::numeric(10, 2) as lifetime_value,
    v.last_order_on
from {{ ref('raw_customers') }} as c
left join visits as v on v.customer_id = c.customer_id
