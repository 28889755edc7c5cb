-- A campaign has a daily cap (R22), a weight in the waiting line (R21), or both. Each item of the
-- list must fit: a filter that cannot compare a value does not count the item.
alter table safeband.accounts drop constraint accounts_campaigns_check;
alter table safeband.accounts add constraint accounts_campaigns_check check (campaigns is null or (
  jsonb_typeof(campaigns) = 'array' and jsonb_array_length(campaigns) between 1 and 25
  and jsonb_array_length(jsonb_path_query_array(campaigns, 'lax $[*] ? (
    @.type() == "object" && @.campaignId.type() == "string" &&
    (exists(@.dailyCap) || exists(@.weight)) &&
    (!exists(@.dailyCap) || (@.dailyCap >= 0 && @.dailyCap <= 100000)) &&
    (!exists(@.weight) || (@.weight >= 1 && @.weight <= 1000)))')) = jsonb_array_length(campaigns)
  ) is true);
