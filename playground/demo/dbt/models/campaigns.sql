select campaign_id, name, channel, objective, audience, country, starts_on, ends_on, budget, is_approved
from {{ ref('raw_campaigns') }}
