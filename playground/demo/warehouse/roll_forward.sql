-- Between the seeds and the models: keeps "today" alive. The seeds end on 30 November 2026 (shifts and plans a little later);
-- for every day since, the day 364 days before is told again, stock counts the day 56 days before. Nothing that is there changes,
-- and before December 2026 this adds nothing. Running it again would add the days twice.

CREATE TEMP TABLE roll ON COMMIT DROP AS
SELECT n, n * interval '364 days' AS shift, n * 364 AS days
FROM generate_series(1, greatest(0, ceil((current_date - date '2026-11-30') / 364.0)::int)) AS n;

INSERT INTO jaffle_house_raw.raw_order_items
SELECT i.order_id + n * 20000, i.product, i.quantity, i.size, i.milk, i.is_takeaway
FROM jaffle_house_raw.raw_order_items AS i
JOIN jaffle_house_raw.raw_orders AS o ON o.id = i.order_id
CROSS JOIN roll
WHERE o.id < 20000 AND o.ordered_at >= timestamp '2025-12-02' AND o.ordered_at + shift <= localtimestamp;

INSERT INTO jaffle_house_raw.raw_orders
SELECT id + n * 20000, store, customer_id, ordered_at + shift, CASE status WHEN 'pl' THEN 'co' ELSE status END, channel, payment_method, discount_code, tip_amount, prep_minutes
FROM jaffle_house_raw.raw_orders CROSS JOIN roll
WHERE id < 20000 AND ordered_at >= timestamp '2025-12-02' AND ordered_at + shift <= localtimestamp;

INSERT INTO jaffle_house_raw.raw_loyalty_events
SELECT id + n * 20000, occurred_at + shift, customer_id, event_type, reward_name, points
FROM jaffle_house_raw.raw_loyalty_events CROSS JOIN roll
WHERE id < 20000 AND event_type IN ('redeemed', 'expired') AND occurred_at >= timestamp '2025-12-02' AND occurred_at + shift <= localtimestamp;

INSERT INTO jaffle_house_raw.raw_reviews
SELECT id + n * 10000, reviewed_at + shift, store_id, source, language, rating, text, is_answered AND reviewed_at + shift < localtimestamp - interval '9 days'
FROM jaffle_house_raw.raw_reviews CROSS JOIN roll
WHERE id < 10000 AND reviewed_at >= timestamp '2025-12-02' AND reviewed_at + shift <= localtimestamp;

INSERT INTO jaffle_house_raw.raw_shifts
SELECT id + n * 20000, starts_at + shift, store, barista_id, shift_type, station, planned_hours, worked_hours, was_no_show
FROM jaffle_house_raw.raw_shifts CROSS JOIN roll
WHERE id < 20000 AND starts_at >= timestamp '2025-12-22' AND starts_at < timestamp '2026-12-21'
  AND starts_at + shift >= timestamp '2026-12-21' AND starts_at + shift <= localtimestamp + interval '25 days';

INSERT INTO jaffle_house_raw.raw_payroll
SELECT id + n * 10000, store_id, barista_id, paid_on + days, pay_kind, department, hours, amount
FROM jaffle_house_raw.raw_payroll CROSS JOIN roll
WHERE id < 10000 AND paid_on >= date '2025-12-02' AND paid_on + days <= current_date;

INSERT INTO jaffle_house_raw.raw_waste
SELECT id + n * 10000, recorded_at + shift, store, reason, ingredient, kilograms, cost
FROM jaffle_house_raw.raw_waste CROSS JOIN roll
WHERE id < 10000 AND recorded_at >= timestamp '2025-12-02' AND recorded_at + shift <= localtimestamp;

INSERT INTO jaffle_house_raw.raw_touches
SELECT id + n * 10000, touched_at + shift, campaign, customer_id, touch_kind, device, variant, cost, attributed_revenue
FROM jaffle_house_raw.raw_touches CROSS JOIN roll
WHERE id < 10000 AND touched_at >= timestamp '2025-12-02' AND touched_at + shift <= localtimestamp;

INSERT INTO jaffle_house_raw.raw_web_sessions
SELECT id + n * 10000, started_at + shift, customer_id, source, landing_page, page_views, seconds, has_ordered
FROM jaffle_house_raw.raw_web_sessions CROSS JOIN roll
WHERE id < 10000 AND started_at >= timestamp '2025-12-02' AND started_at + shift <= localtimestamp;

INSERT INTO jaffle_house_raw.raw_inventory
SELECT counted_on + w * 56, store, ingredient_id, on_hand_kg
FROM jaffle_house_raw.raw_inventory
CROSS JOIN generate_series(1, greatest(0, ceil((current_date - date '2026-11-30') / 56.0)::int)) AS w
WHERE counted_on > date '2026-11-30' - 56 AND counted_on <= date '2026-11-30' AND counted_on + w * 56 <= current_date;
