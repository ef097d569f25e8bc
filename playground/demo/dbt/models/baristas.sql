select barista_id, store_id, full_name, level, contract, hired_on, left_on, hourly_rate
from {{ ref('raw_baristas') }}
