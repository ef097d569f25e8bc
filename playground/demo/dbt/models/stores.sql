select store_id, name, city, country, region, format, opened_on, seat_count, square_metres, is_open
from {{ ref('raw_stores') }}
