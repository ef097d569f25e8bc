-- The models as dbt compiles them; made by dbt/build. Run it after the seeds are loaded.
CREATE SCHEMA jaffle_house;

CREATE TABLE jaffle_house.baristas AS
select barista_id, store_id, full_name, level, contract, hired_on, left_on, hourly_rate
from jaffle_house_raw.raw_baristas;
ALTER TABLE jaffle_house.baristas ADD PRIMARY KEY (barista_id);

CREATE TABLE jaffle_house.campaign_touches AS
select 'X' || lpad(id::text, 5, '0') as touch_id, 'M' || lpad(campaign::text, 2, '0') as campaign_id, customer_id,
    touched_at at time zone 'UTC' as touched_at, touch_kind, device, variant, cost, attributed_revenue
from jaffle_house_raw.raw_touches;
ALTER TABLE jaffle_house.campaign_touches ADD PRIMARY KEY (touch_id);

CREATE TABLE jaffle_house.campaigns AS
select campaign_id, name, channel, objective, audience, country, starts_on, ends_on, budget, is_approved
from jaffle_house_raw.raw_campaigns;
ALTER TABLE jaffle_house.campaigns ADD PRIMARY KEY (campaign_id);

CREATE TABLE jaffle_house.equipment_tickets AS
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
from jaffle_house_raw.raw_tickets;
ALTER TABLE jaffle_house.equipment_tickets ADD PRIMARY KEY (ticket_id);

CREATE TABLE jaffle_house.inventory AS
select
    'N' || to_char(n.counted_on, 'YYMMDD') || lpad(n.store::text, 2, '0') || n.ingredient_id as count_id,
    'S' || lpad(n.store::text, 2, '0') as store_id,
    n.counted_on,
    g.ingredient,
    g.supplier,
    g.storage,
    n.on_hand_kg,
    round(g.par_kg * 0.4, 1) as reorder_kg,
    round(n.on_hand_kg / g.daily_use_kg, 1) as days_of_cover,
    n.on_hand_kg < g.par_kg * 0.4 as is_below_reorder
from jaffle_house_raw.raw_inventory as n
join jaffle_house_raw.raw_ingredients as g on g.id = n.ingredient_id;
ALTER TABLE jaffle_house.inventory ADD PRIMARY KEY (count_id);

CREATE TABLE jaffle_house.payroll_entries AS
select 'E' || lpad(id::text, 5, '0') as entry_id, store_id, barista_id, paid_on, pay_kind, department, hours, amount
from jaffle_house_raw.raw_payroll;
ALTER TABLE jaffle_house.payroll_entries ADD PRIMARY KEY (entry_id);

CREATE TABLE jaffle_house.products AS
select product_id, name, category, family, is_seasonal, is_vegan, list_price, unit_cost, launched_on
from jaffle_house_raw.raw_products;
ALTER TABLE jaffle_house.products ADD PRIMARY KEY (product_id);

CREATE TABLE jaffle_house.reviews AS
select 'R' || lpad(id::text, 5, '0') as review_id, store_id, reviewed_at at time zone 'UTC' as reviewed_at,
    source, language, rating, text, is_answered
from jaffle_house_raw.raw_reviews;
ALTER TABLE jaffle_house.reviews ADD PRIMARY KEY (review_id);

CREATE TABLE jaffle_house.shifts AS
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
from jaffle_house_raw.raw_shifts;
ALTER TABLE jaffle_house.shifts ADD PRIMARY KEY (shift_id);

CREATE TABLE jaffle_house.stores AS
select store_id, name, city, country, region, format, opened_on, seat_count, square_metres, is_open
from jaffle_house_raw.raw_stores;
ALTER TABLE jaffle_house.stores ADD PRIMARY KEY (store_id);

CREATE TABLE jaffle_house.training_sessions AS
select 'T' || lpad(id::text, 4, '0') as session_id, barista_id, store_id, held_on, topic, trainer, stage, score,
    case when score is not null then score >= 60 end as has_passed
from jaffle_house_raw.raw_training;
ALTER TABLE jaffle_house.training_sessions ADD PRIMARY KEY (session_id);

CREATE TABLE jaffle_house.waste_events AS
select 'W' || lpad(id::text, 5, '0') as waste_id, 'S' || lpad(store::text, 2, '0') as store_id,
    recorded_at at time zone 'UTC' as recorded_at, reason, ingredient, kilograms, cost
from jaffle_house_raw.raw_waste;
ALTER TABLE jaffle_house.waste_events ADD PRIMARY KEY (waste_id);

CREATE TABLE jaffle_house.web_sessions AS
select 'V' || lpad(id::text, 5, '0') as session_id, customer_id, started_at at time zone 'UTC' as started_at,
    source, landing_page, page_views, seconds, has_ordered
from jaffle_house_raw.raw_web_sessions;
ALTER TABLE jaffle_house.web_sessions ADD PRIMARY KEY (session_id);

CREATE TABLE jaffle_house.order_items AS
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
    from jaffle_house_raw.raw_order_items as raw
) as i
join jaffle_house.products as p on p.product_id = 'P' || lpad(i.product::text, 2, '0');
ALTER TABLE jaffle_house.order_items ADD PRIMARY KEY (order_item_id);

CREATE TABLE jaffle_house.store_targets AS
select t.store_id || to_char(t.month, '-YYYYMM') as target_id, t.store_id, s.region, t.month, t.revenue_target
from (
    select 'S' || lpad(store::text, 2, '0') as store_id, month, revenue_target
    from jaffle_house_raw.raw_targets
) as t
join jaffle_house.stores as s on s.store_id = t.store_id;
ALTER TABLE jaffle_house.store_targets ADD PRIMARY KEY (target_id);

CREATE TABLE jaffle_house.orders AS
with baskets as (
    select order_id, sum(quantity) as item_count, sum(line_total) as gross
    from jaffle_house.order_items
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
from jaffle_house_raw.raw_orders as o
join baskets as b on b.order_id = 'O' || lpad(o.id::text, 6, '0')
left join jaffle_house_raw.raw_discount_codes as d on d.code = o.discount_code;
ALTER TABLE jaffle_house.orders ADD PRIMARY KEY (order_id);

CREATE TABLE jaffle_house.customers AS
with visits as (
    select customer_id, count(*) as lifetime_orders, sum(basket_total) as lifetime_value,
        max((ordered_at at time zone 'UTC')::date) as last_order_on
    from jaffle_house.orders
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
from jaffle_house_raw.raw_customers as c
left join visits as v on v.customer_id = c.customer_id;
ALTER TABLE jaffle_house.customers ADD PRIMARY KEY (customer_id);

CREATE TABLE jaffle_house.loyalty_events AS
-- Points are earned by the order, five for each euro; everything else the till writes down.
select 'L' || lpad(e.id::text, 6, '0') as event_id, e.customer_id, e.occurred_at at time zone 'UTC' as occurred_at,
    e.event_type, e.reward_name, e.points
from jaffle_house_raw.raw_loyalty_events as e
union all
select 'L' || o.order_id, o.customer_id, o.ordered_at, 'earned', null,
    (floor(o.basket_total) * case when (o.ordered_at at time zone 'UTC')::date between '2026-06-08' and '2026-06-14' then 10 else 5 end)::int
from jaffle_house.orders as o
join jaffle_house_raw.raw_customers as c on c.customer_id = o.customer_id and c.loyalty_tier is not null
where o.status = 'completed' and o.basket_total >= 1;
ALTER TABLE jaffle_house.loyalty_events ADD PRIMARY KEY (event_id);

CREATE TABLE jaffle_house.payments AS
-- One payment for most orders; large baskets are often shared, and a refund is a payment back.
with paid as (
    select *, ordered_at + interval '2 minutes' as paid_at,
        substr(order_id, 2)::int % 3 = 0 and basket_total > 20 as is_shared
    from jaffle_house.orders
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
from parts;
ALTER TABLE jaffle_house.payments ADD PRIMARY KEY (payment_id);

ANALYZE;
