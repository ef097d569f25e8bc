-- Tables of the seeds; made by dbt/build. Each takes ../dbt/seeds/<name>.csv by COPY … WITH (FORMAT csv, HEADER).
CREATE SCHEMA jaffle_house_raw;

CREATE TABLE jaffle_house_raw.raw_baristas (barista_id text, store_id text, full_name text, level text, contract text, hired_on date, left_on date, hourly_rate numeric(6,2));
CREATE TABLE jaffle_house_raw.raw_campaigns (campaign_id text, name text, channel text, objective text, audience text, country text, starts_on date, ends_on date, budget numeric(10,2), is_approved boolean);
CREATE TABLE jaffle_house_raw.raw_customers (customer_id text, home_city text, signup_source text, loyalty_tier text, joined_at timestamp without time zone, age integer, is_subscribed boolean);
CREATE TABLE jaffle_house_raw.raw_discount_codes (code text, percent_off integer);
CREATE TABLE jaffle_house_raw.raw_ingredients (id integer, ingredient text, supplier text, storage text, par_kg numeric(6,1), daily_use_kg numeric(6,1));
CREATE TABLE jaffle_house_raw.raw_inventory (counted_on date, store integer, ingredient_id integer, on_hand_kg numeric(8,1));
CREATE TABLE jaffle_house_raw.raw_loyalty_events (id integer, occurred_at timestamp without time zone, customer_id text, event_type text, reward_name text, points integer);
CREATE TABLE jaffle_house_raw.raw_order_items (order_id integer, product integer, quantity integer, size text, milk text, is_takeaway boolean);
CREATE TABLE jaffle_house_raw.raw_orders (id integer, store integer, customer_id text, ordered_at timestamp without time zone, status text, channel text, payment_method text, discount_code text, tip_amount numeric(8,2), prep_minutes numeric(6,1));
CREATE TABLE jaffle_house_raw.raw_payroll (id integer, store_id text, barista_id text, paid_on date, pay_kind text, department text, hours integer, amount numeric(10,2));
CREATE TABLE jaffle_house_raw.raw_products (product_id text, name text, category text, family text, is_seasonal boolean, is_vegan boolean, list_price numeric(8,2), unit_cost numeric(8,2), launched_on date);
CREATE TABLE jaffle_house_raw.raw_reviews (id integer, reviewed_at timestamp without time zone, store_id text, source text, language text, rating integer, text text, is_answered boolean);
CREATE TABLE jaffle_house_raw.raw_shifts (id integer, starts_at timestamp without time zone, store integer, barista_id text, shift_type text, station text, planned_hours numeric(4,2), worked_hours numeric(4,2), was_no_show boolean);
CREATE TABLE jaffle_house_raw.raw_stores (store_id text, name text, city text, country text, region text, format text, opened_on date, seat_count integer, square_metres integer, is_open boolean);
CREATE TABLE jaffle_house_raw.raw_targets (store integer, month date, revenue_target numeric(10,2));
CREATE TABLE jaffle_house_raw.raw_tickets (id integer, opened_at timestamp without time zone, closed_at timestamp without time zone, store_id text, equipment text, severity text, downtime_hours numeric(8,1), repair_cost numeric(10,2));
CREATE TABLE jaffle_house_raw.raw_touches (id integer, touched_at timestamp without time zone, campaign integer, customer_id text, touch_kind text, device text, variant text, cost numeric(10,2), attributed_revenue numeric(10,2));
CREATE TABLE jaffle_house_raw.raw_training (id integer, held_on date, barista_id text, store_id text, topic text, trainer text, stage text, score integer);
CREATE TABLE jaffle_house_raw.raw_waste (id integer, recorded_at timestamp without time zone, store integer, reason text, ingredient text, kilograms numeric(8,2), cost numeric(8,2));
CREATE TABLE jaffle_house_raw.raw_web_sessions (id integer, started_at timestamp without time zone, customer_id text, source text, landing_page text, page_views integer, seconds integer, has_ordered boolean);
