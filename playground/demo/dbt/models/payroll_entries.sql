select 'E' || lpad(id::text, 5, '0') as entry_id, store_id, barista_id, paid_on, pay_kind, department, hours, amount
from {{ ref('raw_payroll') }}
