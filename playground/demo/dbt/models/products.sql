select product_id, name, category, family, is_seasonal, is_vegan, list_price, unit_cost, launched_on
from {{ ref('raw_products') }}
