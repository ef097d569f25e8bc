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
from {{ ref('raw_inventory') }} as n
join {{ ref('raw_ingredients') }} as g on g.id = n.ingredient_id
