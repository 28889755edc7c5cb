/** The policy of an account as JSON. */

/** Builds the policy from the columns of a row of `accounts`; a default has no field. */
export const POLICY = `jsonb_build_object('tier', tier, 'dailyCap', daily_cap, 'weeklyCap', weekly_cap,
  'ramp', case when ramp is not null then jsonb_build_object('dailyCaps', ramp) end,
  'sendingWindow', sending_window, 'timezone', timezone, 'identity', identity)
  || case when credits_renew_on is null then '{}'
       else jsonb_build_object('creditsRenewOn', credits_renew_on) end
  || case when pacing is null then '{}' else jsonb_build_object('pacing', pacing) end
  || case when recipient_memory_days is null then '{}'
       else jsonb_build_object('recipientMemoryDays', recipient_memory_days) end
  || case recipient_scope when 'group' then jsonb_build_object('recipientScope', 'group')
       else '{}' end
  || case when campaigns is null then '{}'
       else jsonb_build_object('campaigns', campaigns) end
  || case mode when 'shadow' then jsonb_build_object('mode', mode) else '{}' end
  || case when velocity is null then '{}' else jsonb_build_object('velocity', velocity) end
  || case when group_name is null then '{}' else jsonb_build_object('group', group_name) end
  || case when learnt_cap then jsonb_build_object('learntCap', true) else '{}' end`;
