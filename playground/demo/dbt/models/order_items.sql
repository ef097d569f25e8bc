-- Sizes change the price of drinks, a plant drink costs half a euro more.
select
    'I' || lpad(i.line::text, 6, '0') as order_item_id,
    'O' || lpad(i.order_id::text, 6, '0') as order_id,
    p.product_id,
    i.quantity,
    case i.size when 's' then 'small' when 'r' then 'regular' when 'l' then 'large' end as size,
    case i.milk when 'w' then 'whole' when 'o' then 'oat' when 's' then 'soy' when 'a' then 'almond' when 'n' then 'none' end as milk,
    i.is_takeaway,
    round(i.quantity * (coalesce(p.list_price, 0)
        + case i.size when 's' then -0.4 when 'l' then 0.6 else 0 end
        + case when i.milk in ('o', 's', 'a') then 0.5 else 0 end), 2) as line_total,
    round(i.quantity * (p.unit_cost
        + case i.size when 's' then -0.1 when 'l' then 0.2 else 0 end
        + case when i.milk in ('o', 's', 'a') then 0.22 else 0 end), 2) as line_cost
from (
    select raw.*, row_number() over (order by order_id, product, quantity, size, milk, is_takeaway) as line
    from {{ ref('raw_order_items') }} as raw
) as i
join {{ ref('products') }} as p on p.product_id = 'P' || lpad(i.product::text, 2, '0')
