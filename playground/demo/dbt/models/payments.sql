-- One payment for most orders; large baskets are often shared, and a refund is a payment back.
with paid as (
    select *, ordered_at + interval '2 minutes' as paid_at,
        substr(order_id, 2)::int % 3 = 0 and basket_total > 20 as is_shared
    from {{ ref('orders') }}
    where status in ('completed', 'refunded')
),

parts as (
    select order_id, 1 as part, paid_at, payment_method as method,
        case when is_shared then round(basket_total / 2, 2) else basket_total end as amount
    from paid
    union all
    select order_id, 2, paid_at, 'card', basket_total - round(basket_total / 2, 2)
    from paid where is_shared
    union all
    select order_id, 3, paid_at + interval '1 day', payment_method, -basket_total
    from paid where status = 'refunded'
)

select order_id || '-' || part as payment_id, order_id, paid_at, method, amount, part = 3 as is_refund
from parts
