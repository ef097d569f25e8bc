with baskets as (
    select order_id, sum(quantity) as item_count, sum(line_total) as gross
    from {{ ref('order_items') }}
    group by order_id
)

select
    'O' || lpad(o.id::text, 6, '0') as order_id,
    'S' || lpad(o.store::text, 2, '0') as store_id,
    o.customer_id,
    o.ordered_at at time zone 'UTC' as ordered_at,
    case o.status when 'pl' then 'placed' when 'co' then 'completed' when 'ca' then 'cancelled' when 're' then 'refunded' end as status,
    case o.channel when 'c' then 'counter' when 'k' then 'kiosk' when 'a' then 'app' when 'd' then 'delivery' end as channel,
    o.payment_method,
    o.discount_code,
    case when o.customer_id is not null
        then row_number() over (partition by o.customer_id order by o.ordered_at, o.id) = 1 end as is_first_order,
    b.item_count,
    b.gross - round(b.gross * coalesce(d.percent_off, 0) / 100, 2) as basket_total,
    round(b.gross * coalesce(d.percent_off, 0) / 100, 2) as discount_amount,
    o.tip_amount,
    o.prep_minutes
from {{ ref('raw_orders') }} as o
join baskets as b on b.order_id = 'O' || lpad(o.id::text, 6, '0')
left join {{ ref('raw_discount_codes') }} as d on d.code = o.discount_code
