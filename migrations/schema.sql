-- The schema that all migrations together make, generated from Postgres' catalog: to read, not to
-- run. `npm run schema` writes it again, and a test compares it with the migrations.
-- Who may do what is in roles.sql.

create domain safeband.account_id as text CHECK ((VALUE ~ '^[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}$'::text)) NOT VALID;

create domain safeband.foreign_id as text CHECK (((btrim(VALUE) <> ''::text) AND (char_length(VALUE) <= 512)));

create domain safeband.group_name as text CHECK (((VALUE ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'::text) AND (VALUE <> ALL (ARRAY['none'::text, 'other'::text]))));

create domain safeband.reservation_id as text CHECK ((VALUE ~ '^[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}$'::text)) NOT VALID;

create domain safeband.tier as text CHECK ((VALUE = ANY (ARRAY['free'::text, 'premium'::text, 'sales_navigator'::text, 'recruiter'::text])));

create sequence safeband.webhook_positions as bigint;

create table safeband.access_changes (
  change_id bigint not null generated always as identity,
  at timestamp with time zone not null default clock_timestamp(),
  kind text not null,
  actor text not null,
  target text not null,
  details jsonb not null default '{}'::jsonb,
  constraint access_changes_kind_check CHECK (kind = ANY (ARRAY['login'::text, 'key_made'::text, 'key_revoked'::text, 'webhook_added'::text, 'webhook_changed'::text, 'webhook_removed'::text, 'share_made'::text, 'share_revoked'::text, 'group_changed'::text])),
  constraint access_changes_pkey PRIMARY KEY (change_id)
);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON safeband.access_changes FOR EACH ROW EXECUTE FUNCTION safeband.refuse_access_change();
alter table safeband.access_changes enable always trigger append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON safeband.access_changes FOR EACH STATEMENT EXECUTE FUNCTION safeband.refuse_change();
alter table safeband.access_changes enable always trigger append_only_truncate;

create table safeband.account_changes (
  account_id safeband.account_id not null,
  number bigint not null,
  kind text not null,
  actor text not null,
  reason text,
  details jsonb not null default '{}'::jsonb,
  at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint account_changes_pkey PRIMARY KEY (account_id, number)
);
CREATE INDEX account_changes_at ON safeband.account_changes USING btree (account_id, at DESC);

create table safeband.account_counts (
  state text not null,
  sending text not null,
  group_name text not null,
  accounts bigint not null,
  counter bigint not null,
  logged bigint not null,
  in_flight bigint not null,
  uncertain bigint not null,
  drifting bigint not null,
  constraint account_counts_pkey PRIMARY KEY (state, sending, group_name)
);

create table safeband.account_days (
  account_id safeband.account_id not null,
  quota_day date not null,
  counter integer not null,
  delivered integer not null,
  uncertain integer not null,
  external integer not null,
  imported integer not null,
  unexplained integer not null,
  denials jsonb not null default '{}'::jsonb,
  late integer not null default 0,
  number bigint not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint account_days_counter_check CHECK (counter >= 0),
  constraint account_days_delivered_check CHECK (delivered >= 0),
  constraint account_days_external_check CHECK (external >= 0),
  constraint account_days_imported_check CHECK (imported >= 0),
  constraint account_days_late_check CHECK (late >= 0),
  constraint account_days_uncertain_check CHECK (uncertain >= 0),
  constraint account_days_unexplained_check CHECK (unexplained >= 0),
  constraint account_days_account_id_fkey FOREIGN KEY (account_id) REFERENCES safeband.accounts(account_id),
  constraint account_days_pkey PRIMARY KEY (account_id, quota_day)
);

create table safeband.account_history (
  account_id safeband.account_id not null,
  version bigint not null,
  updated_at timestamp with time zone not null,
  tier safeband.tier not null,
  timezone text not null,
  daily_cap integer,
  weekly_cap integer,
  ramp integer[],
  sending_window jsonb,
  inmails_sent_today integer not null,
  counter_day date not null,
  ramp_day integer not null,
  ramp_day_next integer not null,
  highest_cap integer not null,
  cooled_at_counter integer not null,
  state text not null,
  cooldowns jsonb not null,
  hold_reason text,
  hold_actor text,
  hold_since timestamp with time zone,
  breaker_until timestamp with time zone,
  in_flight integer not null,
  uncertain integer not null,
  carried integer not null,
  imported integer not null,
  external integer not null,
  unexplained integer not null,
  owner text not null,
  owner_version bigint not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  credits_renew_on smallint,
  pacing jsonb,
  recipient_memory_days smallint,
  campaigns jsonb,
  mode text,
  velocity jsonb,
  sent_days jsonb,
  credits jsonb,
  group_name safeband.group_name,
  learnt_cap boolean not null default false,
  learnt jsonb,
  recipient_scope text not null default 'account'::text,
  constraint account_history_pkey PRIMARY KEY (account_id, version)
);
CREATE INDEX account_history_at ON safeband.account_history USING btree (account_id, updated_at);
CREATE INDEX account_history_old ON safeband.account_history USING btree (updated_at);

create table safeband.account_list (
  account_id safeband.account_id not null,
  state text not null,
  urgency smallint not null,
  sending text not null,
  group_name safeband.group_name,
  counter integer not null,
  logged integer not null,
  in_flight integer not null,
  uncertain integer not null,
  remaining integer not null,
  drift integer not null,
  checked_at timestamp with time zone,
  cooldown_until timestamp with time zone,
  ends_at timestamp with time zone not null,
  as_of timestamp with time zone not null,
  constraint account_list_sending_check CHECK (sending = ANY (ARRAY['yes'::text, 'waits'::text, 'person'::text, 'none'::text])),
  constraint account_list_account_id_fkey FOREIGN KEY (account_id) REFERENCES safeband.accounts(account_id) ON DELETE CASCADE,
  constraint account_list_pkey PRIMARY KEY (account_id)
);
CREATE INDEX account_list_checked ON safeband.account_list USING btree (COALESCE(checked_at, '-infinity'::timestamp with time zone), account_id);
CREATE INDEX account_list_counter ON safeband.account_list USING btree (counter, account_id);
CREATE INDEX account_list_counter_desc ON safeband.account_list USING btree (counter DESC, account_id);
CREATE INDEX account_list_disconnected ON safeband.account_list USING btree (COALESCE(checked_at, '-infinity'::timestamp with time zone), account_id) WHERE (state = 'disconnected'::text);
CREATE INDEX account_list_drift ON safeband.account_list USING btree (abs(drift), account_id);
CREATE INDEX account_list_drift_desc ON safeband.account_list USING btree (abs(drift) DESC, account_id);
CREATE INDEX account_list_ends ON safeband.account_list USING btree (ends_at);
CREATE INDEX account_list_group ON safeband.account_list USING btree (group_name, account_id);
CREATE INDEX account_list_remaining ON safeband.account_list USING btree (remaining, account_id);
CREATE INDEX account_list_remaining_desc ON safeband.account_list USING btree (remaining DESC, account_id);
CREATE INDEX account_list_sending ON safeband.account_list USING btree (sending, account_id);
CREATE INDEX account_list_state ON safeband.account_list USING btree (state, account_id);
CREATE INDEX account_list_urgency ON safeband.account_list USING btree (urgency, account_id);
CREATE INDEX account_list_urgency_desc ON safeband.account_list USING btree (urgency DESC, account_id);
CREATE TRIGGER count_added AFTER INSERT ON safeband.account_list REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION safeband.count_listed();
CREATE TRIGGER count_changed AFTER UPDATE ON safeband.account_list REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION safeband.count_listed();
CREATE TRIGGER count_gone AFTER DELETE ON safeband.account_list REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION safeband.count_listed();
CREATE TRIGGER name_added AFTER INSERT ON safeband.account_list REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION safeband.name_listed();

create table safeband.account_list_read (
  single boolean not null default true,
  is_filled boolean not null default false,
  read_at timestamp with time zone,
  since_at timestamp with time zone,
  since_event bigint,
  last_at timestamp with time zone,
  last_event bigint,
  constraint account_list_read_single_check CHECK (single),
  constraint account_list_read_pkey PRIMARY KEY (single)
);

create table safeband.account_names (
  account_id safeband.account_id not null,
  parts text[] not null generated always as (safeband.parts_of_id((account_id)::text)) stored,
  constraint account_names_account_id_fkey FOREIGN KEY (account_id) REFERENCES safeband.account_list(account_id) ON DELETE CASCADE,
  constraint account_names_pkey PRIMARY KEY (account_id)
);
CREATE INDEX account_names_parts ON safeband.account_names USING gin (parts) WITH (fastupdate=off);

create table safeband.accounts (
  account_id safeband.account_id not null,
  tier safeband.tier not null,
  timezone text not null default 'UTC'::text,
  daily_cap integer,
  weekly_cap integer,
  ramp integer[],
  sending_window jsonb,
  identity safeband.foreign_id,
  inmails_sent_today integer not null default 0,
  counter_day date not null,
  ramp_day integer not null default 1,
  ramp_day_next integer not null default 1,
  highest_cap integer not null default 0,
  cooled_at_counter integer not null default 0,
  state text not null,
  cooldown_until timestamp with time zone,
  cooldown_cause text,
  cooldowns jsonb not null default '[]'::jsonb,
  hold_reason text,
  hold_actor text,
  hold_since timestamp with time zone,
  breaker_until timestamp with time zone,
  in_flight integer not null default 0,
  uncertain integer not null default 0,
  carried integer not null default 0,
  imported integer not null default 0,
  external integer not null default 0,
  unexplained integer not null default 0,
  owner text not null,
  owner_version bigint not null,
  version bigint not null,
  updated_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  is_edited boolean not null default false,
  edits jsonb,
  last_checked_at timestamp with time zone,
  hot_since timestamp with time zone,
  last_write bigint not null default 0,
  last_write_mark text,
  last_run jsonb,
  saved_run_id text,
  run_id text,
  run_events integer,
  identity_normal text,
  identity_number bigint,
  identity_compared text,
  credits_renew_on smallint,
  pacing jsonb,
  saved_row jsonb,
  recipient_memory_days smallint,
  campaigns jsonb,
  mode text not null default 'enforce'::text,
  velocity jsonb,
  sent_days jsonb,
  credits jsonb,
  group_name safeband.group_name,
  learnt_cap boolean not null default false,
  learnt jsonb,
  recipient_scope text not null default 'account'::text,
  constraint accounts_campaigns_check CHECK (campaigns IS NULL OR (jsonb_typeof(campaigns) = 'array'::text AND jsonb_array_length(campaigns) >= 1 AND jsonb_array_length(campaigns) <= 25 AND jsonb_array_length(jsonb_path_query_array(campaigns, '$[*]?((((@.type() == "object" && @."campaignId".type() == "string") && (exists (@."dailyCap") || exists (@."weight"))) && (!(exists (@."dailyCap")) || @."dailyCap" >= 0 && @."dailyCap" <= 100000)) && (!(exists (@."weight")) || @."weight" >= 1 && @."weight" <= 1000))'::jsonpath)) = jsonb_array_length(campaigns)) IS TRUE),
  constraint accounts_carried_check CHECK (carried >= 0),
  constraint accounts_check CHECK ((hold_actor IS NULL) = (hold_since IS NULL)),
  constraint accounts_check1 CHECK ((cooldown_until IS NULL) = (cooldown_cause IS NULL)),
  constraint accounts_cooled_at_counter_check CHECK (cooled_at_counter >= 0),
  constraint accounts_credits_check CHECK (credits IS NULL OR (jsonb_typeof(credits) = 'object'::text AND jsonb_typeof(credits -> 'observed'::text) = 'number'::text AND jsonb_typeof(credits -> 'at'::text) = 'number'::text AND jsonb_typeof(credits -> 'balance'::text) = 'number'::text) IS TRUE),
  constraint accounts_credits_renew_on_check CHECK (credits_renew_on >= 1 AND credits_renew_on <= 31),
  constraint accounts_daily_cap_check CHECK (daily_cap >= 0),
  constraint accounts_external_check CHECK (external >= 0),
  constraint accounts_highest_cap_check CHECK (highest_cap >= 0),
  constraint accounts_imported_check CHECK (imported >= 0),
  constraint accounts_in_flight_check CHECK (in_flight >= 0),
  constraint accounts_inmails_sent_today_check CHECK (inmails_sent_today >= 0),
  constraint accounts_learnt_check CHECK (learnt IS NULL OR (jsonb_typeof(learnt) = 'object'::text AND ((learnt ->> 'cap'::text)::integer) >= 1 AND jsonb_typeof(learnt -> 'until'::text) = 'number'::text AND (jsonb_typeof(learnt -> 'next'::text) = ANY (ARRAY['number'::text, 'null'::text]))) IS TRUE),
  constraint accounts_mode_check CHECK (mode = ANY (ARRAY['enforce'::text, 'shadow'::text])),
  constraint accounts_pacing_check CHECK (pacing IS NULL OR (jsonb_typeof(pacing) = 'object'::text AND ((pacing ->> 'minGapSeconds'::text)::integer) >= 1 AND ((pacing ->> 'minGapSeconds'::text)::integer) <= 86400 AND ((pacing ->> 'jitterPercent'::text)::integer) >= 0 AND ((pacing ->> 'jitterPercent'::text)::integer) <= 90 AND COALESCE(((pacing ->> 'perHour'::text)::integer) >= 1 AND ((pacing ->> 'perHour'::text)::integer) <= 200, pacing ? 'perHour'::text)) IS TRUE),
  constraint accounts_ramp_day_check CHECK (ramp_day >= 1),
  constraint accounts_ramp_day_next_check CHECK (ramp_day_next >= 1),
  constraint accounts_recipient_memory_days_check CHECK (recipient_memory_days >= 1 AND recipient_memory_days <= 365),
  constraint accounts_recipient_scope_check CHECK (recipient_scope = ANY (ARRAY['account'::text, 'group'::text])),
  constraint accounts_sent_days_check CHECK (sent_days IS NULL OR (jsonb_typeof(sent_days) = 'array'::text AND jsonb_array_length(sent_days) <= 13) IS TRUE),
  constraint accounts_state_check CHECK (state = ANY (ARRAY['active'::text, 'cooldown'::text, 'held'::text, 'no_credits'::text, 'unverified'::text, 'disconnected'::text])),
  constraint accounts_uncertain_check CHECK (uncertain >= 0),
  constraint accounts_unexplained_check CHECK (unexplained >= 0),
  constraint accounts_velocity_check CHECK (velocity IS NULL OR (jsonb_typeof(velocity) = 'object'::text AND ((velocity ->> 'factor'::text)::numeric) >= 1::numeric AND ((velocity ->> 'factor'::text)::numeric) <= 10::numeric AND ((velocity ->> 'floor'::text)::integer) >= 1 AND ((velocity ->> 'floor'::text)::integer) <= 50) IS TRUE),
  constraint accounts_weekly_cap_check CHECK (weekly_cap >= 0),
  constraint accounts_pkey PRIMARY KEY (account_id),
  constraint tell_account TRIGGER DEFERRABLE INITIALLY DEFERRED,
  constraint tell_account_new TRIGGER DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX accounts_breaker ON safeband.accounts USING btree (breaker_until) WHERE (breaker_until IS NOT NULL);
CREATE INDEX accounts_cooldown ON safeband.accounts USING btree (cooldown_until) WHERE (cooldown_until IS NOT NULL);
CREATE INDEX accounts_edited ON safeband.accounts USING btree (account_id) WHERE is_edited;
CREATE INDEX accounts_group ON safeband.accounts USING btree (group_name, account_id) WHERE (group_name IS NOT NULL);
CREATE INDEX accounts_hot ON safeband.accounts USING btree (account_id) WHERE (hot_since IS NOT NULL);
CREATE INDEX accounts_identity_normal ON safeband.accounts USING btree (identity_normal) WHERE (identity_normal IS NOT NULL);
CREATE INDEX accounts_identity_number ON safeband.accounts USING btree (identity_number) WHERE (identity_number IS NOT NULL);
CREATE INDEX accounts_identity_waiting ON safeband.accounts USING btree (account_id) WHERE ((identity)::text IS DISTINCT FROM identity_compared);
CREATE INDEX accounts_lower_id ON safeband.accounts USING btree (lower((account_id)::text));
CREATE INDEX accounts_recipient_scope ON safeband.accounts USING btree (group_name, recipient_memory_days) WHERE (recipient_scope = 'group'::text);
CREATE INDEX accounts_search ON safeband.accounts USING btree (lower((account_id)::text) COLLATE "C");
CREATE INDEX accounts_state ON safeband.accounts USING btree (state);
CREATE TRIGGER keep_changed AFTER UPDATE ON safeband.accounts FOR EACH ROW WHEN (NOT new.is_edited AND (old.tier::text IS DISTINCT FROM new.tier::text OR old.timezone IS DISTINCT FROM new.timezone OR old.daily_cap IS DISTINCT FROM new.daily_cap OR old.weekly_cap IS DISTINCT FROM new.weekly_cap OR old.ramp IS DISTINCT FROM new.ramp OR old.sending_window IS DISTINCT FROM new.sending_window OR old.counter_day IS DISTINCT FROM new.counter_day OR old.ramp_day IS DISTINCT FROM new.ramp_day OR old.ramp_day_next IS DISTINCT FROM new.ramp_day_next OR old.highest_cap IS DISTINCT FROM new.highest_cap OR old.cooled_at_counter IS DISTINCT FROM new.cooled_at_counter OR old.state IS DISTINCT FROM new.state OR old.cooldowns IS DISTINCT FROM new.cooldowns OR old.hold_since IS DISTINCT FROM new.hold_since OR old.breaker_until IS DISTINCT FROM new.breaker_until OR old.imported IS DISTINCT FROM new.imported OR old.external IS DISTINCT FROM new.external OR old.unexplained IS DISTINCT FROM new.unexplained OR old.owner IS DISTINCT FROM new.owner)) EXECUTE FUNCTION safeband.keep_account_row();
CREATE TRIGGER keep_changed_settings AFTER UPDATE OF campaigns, pacing, recipient_memory_days, credits_renew_on, mode, velocity, group_name, learnt_cap, recipient_scope ON safeband.accounts FOR EACH ROW WHEN (NOT new.is_edited AND (old.campaigns IS DISTINCT FROM new.campaigns OR old.pacing IS DISTINCT FROM new.pacing OR old.recipient_memory_days IS DISTINCT FROM new.recipient_memory_days OR old.credits_renew_on IS DISTINCT FROM new.credits_renew_on OR old.mode IS DISTINCT FROM new.mode OR old.velocity IS DISTINCT FROM new.velocity OR old.group_name::text IS DISTINCT FROM new.group_name::text OR old.learnt_cap IS DISTINCT FROM new.learnt_cap OR old.recipient_scope IS DISTINCT FROM new.recipient_scope)) EXECUTE FUNCTION safeband.keep_account_row();
CREATE TRIGGER keep_first AFTER INSERT ON safeband.accounts FOR EACH ROW EXECUTE FUNCTION safeband.keep_account_row();
CREATE TRIGGER keep_past_days AFTER INSERT ON safeband.accounts FOR EACH ROW EXECUTE FUNCTION safeband.keep_past_days();
CREATE CONSTRAINT TRIGGER tell_account AFTER UPDATE ON safeband.accounts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NOT new.is_edited AND (old.is_edited OR new.counter_day <> old.counter_day OR (new.inmails_sent_today + new.carried) > (old.inmails_sent_today + old.carried) OR new.cooldown_until IS DISTINCT FROM old.cooldown_until OR new.hold_since IS DISTINCT FROM old.hold_since OR new.breaker_until IS DISTINCT FROM old.breaker_until OR (new.state = 'disconnected'::text) <> (old.state = 'disconnected'::text) OR new.tier::text <> old.tier::text OR new.daily_cap IS DISTINCT FROM old.daily_cap OR new.weekly_cap IS DISTINCT FROM old.weekly_cap OR new.ramp IS DISTINCT FROM old.ramp)) EXECUTE FUNCTION safeband.tell_account();
CREATE CONSTRAINT TRIGGER tell_account_new AFTER INSERT ON safeband.accounts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION safeband.tell_account();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON safeband.accounts FOR EACH ROW EXECUTE FUNCTION safeband.tell_change();
CREATE TRIGGER tell_edit BEFORE UPDATE ON safeband.accounts FOR EACH ROW EXECUTE FUNCTION safeband.tell_edit();
alter table safeband.accounts enable always trigger tell_edit;

create table safeband.alert_actions (
  action_id bigint not null generated always as identity,
  alert_id bigint not null,
  action text not null,
  actor text not null,
  reason text not null,
  at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint alert_actions_action_check CHECK (action = ANY (ARRAY['acknowledged'::text, 'closed'::text])),
  constraint alert_actions_actor_check CHECK (btrim(actor) <> ''::text),
  constraint alert_actions_reason_check CHECK (btrim(reason) <> ''::text),
  constraint alert_actions_pkey PRIMARY KEY (action_id)
);
CREATE INDEX alert_actions_alert ON safeband.alert_actions USING btree (alert_id, action_id DESC);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON safeband.alert_actions FOR EACH ROW EXECUTE FUNCTION safeband.refuse_action_change();
alter table safeband.alert_actions enable always trigger append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON safeband.alert_actions FOR EACH STATEMENT EXECUTE FUNCTION safeband.refuse_change();
alter table safeband.alert_actions enable always trigger append_only_truncate;

create table safeband.alerts (
  account_id safeband.account_id not null,
  kind text not null,
  severity text not null,
  quota_day date not null,
  details jsonb not null default '{}'::jsonb,
  times integer not null default 1,
  raised_at timestamp with time zone not null,
  resolved_at timestamp with time zone,
  number bigint not null default 0,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  alert_id bigint not null generated always as identity,
  opened_at timestamp with time zone not null,
  acknowledged_at timestamp with time zone,
  constraint alerts_kind_check CHECK (kind = ANY (ARRAY['drift'::text, 'over_cap'::text, 'undercount'::text, 'bad_signal'::text, 'chat_id_missing'::text, 'chat_id_taken'::text, 'double_send'::text, 'late_delivery'::text, 'ambiguous_observed'::text, 'old_id'::text, 'unclean_end'::text, 'two_owners'::text, 'identity_in_use'::text, 'refused_row'::text, 'run_overdue'::text, 'workflow_missing'::text, 'clock_skew'::text, 'cap_lowered'::text, 'reply_failed'::text, 'restricted'::text, 'tasks_failing'::text, 'too_many_rows'::text, 'log_altered'::text])),
  constraint alerts_severity_check CHECK (severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text])),
  constraint alerts_times_check CHECK (times >= 1),
  constraint alerts_pkey PRIMARY KEY (account_id, kind, quota_day),
  constraint tell_alert TRIGGER DEFERRABLE INITIALLY DEFERRED,
  constraint tell_alert_new TRIGGER DEFERRABLE INITIALLY DEFERRED,
  constraint alerts_alert_id_key UNIQUE (alert_id)
);
CREATE INDEX alerts_open ON safeband.alerts USING btree (raised_at DESC) WHERE (resolved_at IS NULL);
CREATE INDEX alerts_opened ON safeband.alerts USING btree (opened_at DESC, alert_id DESC);
CREATE TRIGGER open_alert BEFORE INSERT OR UPDATE ON safeband.alerts FOR EACH ROW EXECUTE FUNCTION safeband.open_alert();
CREATE CONSTRAINT TRIGGER tell_alert AFTER UPDATE ON safeband.alerts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.resolved_at IS NULL) <> (old.resolved_at IS NULL) OR new.resolved_at IS NULL AND (array_position(ARRAY['info'::text, 'warning'::text, 'critical'::text], new.severity) > array_position(ARRAY['info'::text, 'warning'::text, 'critical'::text], old.severity) OR (new.details ->> 'mark'::text) <> COALESCE(old.details ->> 'mark'::text, ''::text))) EXECUTE FUNCTION safeband.tell_alert();
CREATE CONSTRAINT TRIGGER tell_alert_new AFTER INSERT ON safeband.alerts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.resolved_at IS NULL) EXECUTE FUNCTION safeband.tell_alert();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON safeband.alerts FOR EACH ROW EXECUTE FUNCTION safeband.tell_change();
CREATE TRIGGER tell_drift AFTER UPDATE ON safeband.alerts FOR EACH ROW WHEN (new.kind = 'drift'::text AND new.resolved_at IS NULL AND new.raised_at > old.raised_at AND (old.resolved_at IS NOT NULL OR new.severity <> 'info'::text OR old.severity <> 'info'::text)) EXECUTE FUNCTION safeband.tell_drift();
CREATE TRIGGER tell_drift_new AFTER INSERT ON safeband.alerts FOR EACH ROW WHEN (new.kind = 'drift'::text AND new.resolved_at IS NULL) EXECUTE FUNCTION safeband.tell_drift();

create table safeband.api_keys (
  key_id text not null,
  name text not null,
  role text not null,
  accounts text[],
  hash bytea not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  groups safeband.group_name[],
  constraint api_keys_groups_check CHECK (cardinality(groups) >= 1 AND cardinality(groups) <= 100),
  constraint api_keys_hash_check CHECK (octet_length(hash) = 32),
  constraint api_keys_key_id_check CHECK (key_id ~ '^[0-9a-f]{16}$'::text),
  constraint api_keys_name_check CHECK (btrim(name) <> ''::text AND char_length(name) <= 64),
  constraint api_keys_role_check CHECK (role = ANY (ARRAY['pipeline'::text, 'reader'::text, 'operator'::text])),
  constraint api_keys_pkey PRIMARY KEY (key_id)
);
CREATE UNIQUE INDEX api_keys_name ON safeband.api_keys USING btree (name) WHERE (revoked_at IS NULL);
CREATE TRIGGER note_key AFTER INSERT OR UPDATE OF revoked_at ON safeband.api_keys FOR EACH ROW EXECUTE FUNCTION safeband.note_key();
alter table safeband.api_keys enable always trigger note_key;

create table safeband.brakes (
  brake_id text not null,
  group_name text,
  engaged_at timestamp with time zone not null,
  engaged_by text not null,
  engaged_reason text not null,
  released_at timestamp with time zone,
  released_by text,
  released_reason text,
  constraint brakes_brake_id_check CHECK (brake_id ~ '^[0-9a-f]{16}$'::text),
  constraint brakes_engaged_by_check CHECK (btrim(engaged_by) <> ''::text),
  constraint brakes_engaged_reason_check CHECK (btrim(engaged_reason) <> ''::text),
  constraint brakes_group_name_check CHECK (length(group_name) >= 1 AND length(group_name) <= 64),
  constraint brakes_released CHECK ((released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (released_reason IS NULL)),
  constraint brakes_released_by_check CHECK (btrim(released_by) <> ''::text),
  constraint brakes_released_reason_check CHECK (btrim(released_reason) <> ''::text),
  constraint brakes_pkey PRIMARY KEY (brake_id)
);
CREATE INDEX brakes_engaged ON safeband.brakes USING btree (engaged_at DESC);
CREATE TRIGGER tell_brake_off AFTER UPDATE ON safeband.brakes FOR EACH ROW WHEN (old.released_at IS NULL AND new.released_at IS NOT NULL) EXECUTE FUNCTION safeband.tell_brake();
CREATE TRIGGER tell_brake_on AFTER INSERT ON safeband.brakes FOR EACH ROW WHEN (new.released_at IS NULL) EXECUTE FUNCTION safeband.tell_brake();

create table safeband.campaign_denials (
  account_id safeband.account_id not null,
  quota_day date not null,
  campaign_id text not null,
  reason text not null,
  owner text not null,
  count integer not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint campaign_denials_campaign_id_check CHECK (length(campaign_id) >= 1 AND length(campaign_id) <= 128),
  constraint campaign_denials_count_check CHECK (count > 0),
  constraint campaign_denials_reason_check CHECK (length(reason) >= 1 AND length(reason) <= 40),
  constraint campaign_denials_pkey PRIMARY KEY (account_id, quota_day, campaign_id, reason, owner)
);
CREATE INDEX campaign_denials_day ON safeband.campaign_denials USING btree (quota_day, campaign_id COLLATE "C", account_id);

create table safeband.corrections (
  correction_id bigint not null generated always as identity,
  account_id safeband.account_id not null,
  run_id text not null,
  quota_day date not null,
  before integer,
  after integer,
  layer text not null,
  explanation jsonb not null default '{}'::jsonb,
  at timestamp with time zone not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint corrections_both CHECK ((before IS NULL) = (after IS NULL)),
  constraint corrections_account_id_fkey FOREIGN KEY (account_id) REFERENCES safeband.accounts(account_id),
  constraint corrections_run_id_fkey FOREIGN KEY (run_id) REFERENCES safeband.reconciler_runs(run_id),
  constraint corrections_pkey PRIMARY KEY (correction_id),
  constraint corrections_once UNIQUE (account_id, run_id, quota_day)
);
CREATE INDEX corrections_account ON safeband.corrections USING btree (account_id, at DESC);
CREATE INDEX corrections_run ON safeband.corrections USING btree (run_id);

create table safeband.erasures (
  erasure_id bigint not null generated always as identity,
  hash text not null,
  erased_by text not null,
  reason text not null,
  rows jsonb not null default '{}'::jsonb,
  erased_at timestamp with time zone not null default clock_timestamp(),
  written_in xid8 not null default pg_current_xact_id(),
  constraint erasures_erased_by_check CHECK (btrim(erased_by) <> ''::text),
  constraint erasures_hash_check CHECK (hash ~ '^erased:[0-9a-f]{8}:[0-9a-f]{40}$'::text),
  constraint erasures_reason_check CHECK (btrim(reason) <> ''::text),
  constraint erasures_pkey PRIMARY KEY (erasure_id)
);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON safeband.erasures FOR EACH ROW EXECUTE FUNCTION safeband.refuse_erasure_change();
alter table safeband.erasures enable always trigger append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON safeband.erasures FOR EACH STATEMENT EXECUTE FUNCTION safeband.refuse_change();
alter table safeband.erasures enable always trigger append_only_truncate;

create table safeband.event_seal_days (
  month date not null,
  account_id safeband.account_id not null,
  quota_day date not null,
  event_ids bigint[] not null,
  digests bytea not null,
  constraint event_seal_days_check CHECK (octet_length(digests) = (32 * cardinality(event_ids))),
  constraint event_seal_days_month_fkey FOREIGN KEY (month) REFERENCES safeband.event_seals(month) DEFERRABLE INITIALLY DEFERRED,
  constraint event_seal_days_pkey PRIMARY KEY (account_id, quota_day, month)
);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON safeband.event_seal_days FOR EACH ROW EXECUTE FUNCTION safeband.refuse_change();
alter table safeband.event_seal_days enable always trigger append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON safeband.event_seal_days FOR EACH STATEMENT EXECUTE FUNCTION safeband.refuse_change();
alter table safeband.event_seal_days enable always trigger append_only_truncate;

create table safeband.event_seals (
  month date not null,
  previous text not null,
  hash text not null,
  rows bigint not null,
  key_id text not null,
  sealed_by text not null,
  sealed_at timestamp with time zone not null default clock_timestamp(),
  constraint event_seals_hash_check CHECK (hash ~ '^[0-9a-f]{64}$'::text),
  constraint event_seals_month_check CHECK (EXTRACT(day FROM month) = 1::numeric),
  constraint event_seals_pkey PRIMARY KEY (month)
);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON safeband.event_seals FOR EACH ROW EXECUTE FUNCTION safeband.refuse_change();
alter table safeband.event_seals enable always trigger append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON safeband.event_seals FOR EACH STATEMENT EXECUTE FUNCTION safeband.refuse_change();
alter table safeband.event_seals enable always trigger append_only_truncate;

create table safeband.group_recipients (
  group_name safeband.group_name not null,
  recipient_key text not null,
  account_id safeband.account_id,
  reservation_id safeband.reservation_id,
  granted_at timestamp with time zone,
  held_by safeband.reservation_id,
  held_until timestamp with time zone,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  claimed_by safeband.account_id,
  claimed_for safeband.reservation_id,
  claimed_at timestamp with time zone,
  constraint group_recipients_account CHECK ((account_id IS NULL) = (reservation_id IS NULL) AND (account_id IS NULL) = (granted_at IS NULL)),
  constraint group_recipients_claimed CHECK ((claimed_by IS NULL) = (claimed_for IS NULL) AND (claimed_by IS NULL) = (claimed_at IS NULL)),
  constraint group_recipients_held CHECK ((held_by IS NULL) = (held_until IS NULL)),
  constraint group_recipients_recipient_key_check CHECK (octet_length(recipient_key) <= 1024),
  constraint group_recipients_used CHECK (account_id IS NOT NULL OR held_by IS NOT NULL OR claimed_by IS NOT NULL),
  constraint group_recipients_pkey PRIMARY KEY (group_name, recipient_key)
);
CREATE INDEX group_recipients_claims ON safeband.group_recipients USING btree (claimed_by, claimed_at) WHERE (claimed_by IS NOT NULL);
CREATE INDEX group_recipients_recorded ON safeband.group_recipients USING btree (recorded_at);

create table safeband.group_reserves (
  group_name safeband.group_name not null,
  reservation_id safeband.reservation_id not null,
  account_id safeband.account_id not null,
  state text not null default 'asking'::text,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint group_reserves_state_check CHECK (state = ANY (ARRAY['asking'::text, 'granted'::text, 'given_back'::text])),
  constraint group_reserves_pkey PRIMARY KEY (group_name, reservation_id)
);
CREATE INDEX group_reserves_recorded ON safeband.group_reserves USING btree (recorded_at);

create table safeband.groups (
  group_name safeband.group_name not null,
  defaults jsonb not null,
  changed_by text not null,
  changed_at timestamp with time zone not null default clock_timestamp(),
  constraint groups_defaults_check CHECK (jsonb_typeof(defaults) = 'object'::text AND pg_column_size(defaults) < 32768),
  constraint groups_pkey PRIMARY KEY (group_name)
);
CREATE TRIGGER note_group AFTER INSERT OR UPDATE ON safeband.groups FOR EACH ROW EXECUTE FUNCTION safeband.note_group();
alter table safeband.groups enable always trigger note_group;

create table safeband.idempotency (
  key_id text not null,
  idempotency_key text not null,
  fingerprint bytea not null,
  started_at timestamp with time zone not null default clock_timestamp(),
  constraint idempotency_key_id_fkey FOREIGN KEY (key_id) REFERENCES safeband.api_keys(key_id) ON DELETE CASCADE,
  constraint idempotency_pkey PRIMARY KEY (key_id, idempotency_key)
);
CREATE INDEX idempotency_age ON safeband.idempotency USING btree (started_at);

create table safeband.identity_locks (
  slot integer not null,
  constraint identity_locks_pkey PRIMARY KEY (slot)
);

create table safeband.inmail_events (
  event_id bigint not null generated always as identity,
  event_type text not null default 'inmail_sent'::text,
  account_id safeband.account_id not null,
  reservation_id safeband.reservation_id,
  chat_id safeband.foreign_id not null,
  message_id safeband.foreign_id,
  source text not null,
  quota_day date not null,
  delivered_at timestamp with time zone not null,
  is_counted boolean not null default true,
  number bigint,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  written_in xid8 not null default pg_current_xact_id(),
  constraint inmail_events_event_type_check CHECK (event_type = 'inmail_sent'::text),
  constraint inmail_events_source_check CHECK (source = ANY (ARRAY['pipeline'::text, 'external'::text, 'journal'::text, 'operator'::text])),
  constraint inmail_events_pkey PRIMARY KEY (event_id),
  constraint inmail_events_account_id_reservation_id_key UNIQUE (account_id, reservation_id)
) with (autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=10000);
CREATE INDEX inmail_events_account ON safeband.inmail_events USING btree (account_id, event_id);
CREATE INDEX inmail_events_audit ON safeband.inmail_events USING btree (quota_day, account_id) WHERE is_counted;
CREATE INDEX inmail_events_bypassed ON safeband.inmail_events USING btree (written_in) WHERE (number IS NULL);
CREATE INDEX inmail_events_chat ON safeband.inmail_events USING btree (chat_id COLLATE "C", account_id);
CREATE INDEX inmail_events_day ON safeband.inmail_events USING btree (account_id, quota_day);
CREATE INDEX inmail_events_message ON safeband.inmail_events USING btree (message_id COLLATE "C", account_id) WHERE (message_id IS NOT NULL);
CREATE UNIQUE INDEX inmail_events_proof ON safeband.inmail_events USING btree (account_id, safeband.fingerprint((chat_id)::text), safeband.fingerprint(COALESCE((message_id)::text, ''::text)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON safeband.inmail_events FOR EACH ROW EXECUTE FUNCTION safeband.refuse_event_change();
alter table safeband.inmail_events enable always trigger append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON safeband.inmail_events FOR EACH STATEMENT EXECUTE FUNCTION safeband.refuse_change();
alter table safeband.inmail_events enable always trigger append_only_truncate;

create table safeband.migration_lock (

);

create table safeband.order_accounts (
  order_id text not null,
  account_id safeband.account_id not null,
  outcome text,
  error text,
  decided_at timestamp with time zone,
  constraint order_accounts_decided CHECK ((outcome IS NULL) = (decided_at IS NULL)),
  constraint order_accounts_error CHECK (error IS NULL OR outcome = 'failed'::text),
  constraint order_accounts_outcome_check CHECK (outcome = ANY (ARRAY['done'::text, 'unchanged'::text, 'failed'::text])),
  constraint order_accounts_order_id_fkey FOREIGN KEY (order_id) REFERENCES safeband.orders(order_id),
  constraint order_accounts_pkey PRIMARY KEY (order_id, account_id)
);
CREATE INDEX order_accounts_left ON safeband.order_accounts USING btree (order_id, account_id) WHERE (outcome IS NULL);
CREATE TRIGGER count_added AFTER INSERT ON safeband.order_accounts REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION safeband.count_ordered();
CREATE TRIGGER count_changed AFTER UPDATE ON safeband.order_accounts REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION safeband.count_ordered();
CREATE TRIGGER count_gone AFTER DELETE ON safeband.order_accounts REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION safeband.count_ordered();

create table safeband.order_counts (
  order_id text not null,
  outcome text not null,
  part smallint not null,
  accounts integer not null,
  constraint order_counts_outcome_check CHECK (outcome = ANY (ARRAY['done'::text, 'unchanged'::text, 'failed'::text, 'left'::text])),
  constraint order_counts_order_id_fkey FOREIGN KEY (order_id) REFERENCES safeband.orders(order_id) ON DELETE CASCADE,
  constraint order_counts_pkey PRIMARY KEY (order_id, outcome, part)
);

create table safeband.orders (
  order_id text not null,
  kind text not null,
  filter jsonb not null,
  change jsonb,
  reason text not null,
  actor text not null,
  per_second integer not null,
  accounts integer not null,
  takes_back text,
  made_at timestamp with time zone not null default clock_timestamp(),
  stopped_at timestamp with time zone,
  stopped_by text,
  stop_reason text,
  ended_at timestamp with time zone,
  accounts_deleted_at timestamp with time zone,
  constraint orders_accounts_check CHECK (accounts > 0),
  constraint orders_accounts_deleted CHECK (accounts_deleted_at IS NULL OR ended_at IS NOT NULL),
  constraint orders_actor_check CHECK (btrim(actor) <> ''::text),
  constraint orders_change CHECK ((kind = 'configure'::text) = (change IS NOT NULL)),
  constraint orders_kind_check CHECK (kind = ANY (ARRAY['hold'::text, 'resume'::text, 'configure'::text, 'reconcile'::text, 'disconnect'::text])),
  constraint orders_order_id_check CHECK (order_id ~ '^[0-9a-f]{16}$'::text),
  constraint orders_per_second_check CHECK (per_second >= 1 AND per_second <= 500),
  constraint orders_reason_check CHECK (btrim(reason) <> ''::text),
  constraint orders_stopped CHECK ((stopped_at IS NULL) = (stopped_by IS NULL) AND (stopped_at IS NULL) = (stop_reason IS NULL)),
  constraint orders_takes_back CHECK (takes_back IS NULL OR kind = 'resume'::text),
  constraint orders_takes_back_fkey FOREIGN KEY (takes_back) REFERENCES safeband.orders(order_id),
  constraint orders_pkey PRIMARY KEY (order_id),
  constraint orders_takes_back_key UNIQUE (takes_back)
);
CREATE INDEX orders_made ON safeband.orders USING btree (made_at DESC, order_id);

create table safeband.past_sends (
  account_id safeband.account_id not null,
  sent_at timestamp with time zone not null,
  recipient_id safeband.foreign_id,
  recipient_key text,
  place integer not null,
  is_counted boolean not null,
  imported_by text not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint past_sends_place_check CHECK (place > 0),
  constraint past_sends_pkey PRIMARY KEY (account_id, sent_at, place)
);
CREATE INDEX past_sends_recipient ON safeband.past_sends USING btree (recipient_key COLLATE "C", account_id, sent_at) WHERE (recipient_key IS NOT NULL);

create table safeband.recipient_chats (
  recipient_hash bytea not null,
  chat_id safeband.foreign_id not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint recipient_chats_recipient_hash_check CHECK (octet_length(recipient_hash) = 32),
  constraint recipient_chats_pkey PRIMARY KEY (recipient_hash, chat_id)
);

create table safeband.reconciler_runs (
  run_id text not null,
  scope text not null,
  account_id safeband.account_id,
  ran_at timestamp with time zone not null,
  duration_ms integer not null,
  accounts_checked integer not null,
  counter_before integer,
  counter_after integer,
  delivered integer,
  external integer,
  in_flight integer,
  uncertain integer,
  drift integer,
  alerted boolean not null default false,
  cooled boolean not null default false,
  explanation jsonb not null default '{}'::jsonb,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint reconciler_runs_check CHECK ((scope = 'fleet'::text) = (account_id IS NULL)),
  constraint reconciler_runs_scope_check CHECK (scope = ANY (ARRAY['account'::text, 'fleet'::text])),
  constraint reconciler_runs_pkey PRIMARY KEY (run_id)
);
CREATE INDEX reconciler_runs_account ON safeband.reconciler_runs USING btree (account_id, ran_at DESC);
CREATE INDEX reconciler_runs_scope ON safeband.reconciler_runs USING btree (scope, ran_at DESC);

create table safeband.recovery (
  is_only boolean not null default true,
  began_at timestamp with time zone not null,
  last_at timestamp with time zone,
  started integer not null,
  missing integer not null,
  unreported_since timestamp with time zone,
  constraint recovery_is_only_check CHECK (is_only),
  constraint recovery_missing_check CHECK (missing >= 0),
  constraint recovery_started_check CHECK (started >= 0),
  constraint recovery_pkey PRIMARY KEY (is_only)
);

create table safeband.replies (
  account_id safeband.account_id not null,
  chat_id safeband.foreign_id not null,
  replied_at timestamp with time zone not null,
  reservation_id safeband.reservation_id,
  sent_at timestamp with time zone not null,
  refunded boolean generated always as ((ignored IS NULL)) stored,
  ignored text,
  number bigint not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint replies_ignored_check CHECK (ignored = ANY (ARRAY['free'::text, 'too_late'::text, 'no_balance'::text, 'older'::text]))
);
CREATE UNIQUE INDEX replies_chat ON safeband.replies USING btree (account_id, safeband.fingerprint((chat_id)::text));

create table safeband.reservation_history (
  account_id safeband.account_id not null,
  reservation_id safeband.reservation_id not null,
  number bigint not null,
  quota_day date not null,
  state text not null,
  reserved_at timestamp with time zone not null,
  lease_expires_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  reason text,
  journaled boolean not null,
  chat_id text,
  message_id text,
  is_adopted boolean not null,
  carried_into date,
  saved_at timestamp with time zone,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint reservation_history_pkey PRIMARY KEY (account_id, reservation_id, number)
);
CREATE INDEX reservation_history_day ON safeband.reservation_history USING btree (account_id, quota_day);

create table safeband.reservations (
  account_id safeband.account_id not null,
  reservation_id safeband.reservation_id not null,
  quota_day date not null,
  state text not null,
  campaign_id text,
  recipient_id text,
  reserved_at timestamp with time zone not null,
  lease_expires_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  reason text,
  journaled boolean not null default false,
  chat_id safeband.foreign_id,
  message_id safeband.foreign_id,
  is_adopted boolean not null default false,
  carried_into date,
  number bigint not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  saved_at timestamp with time zone,
  recipient_key text,
  again boolean not null default false,
  would_deny jsonb,
  free boolean not null default false,
  constraint reservations_check CHECK (state <> 'delivered'::text OR chat_id IS NOT NULL),
  constraint reservations_check1 CHECK ((state = 'in_flight'::text) = (settled_at IS NULL)),
  constraint reservations_state_check CHECK (state = ANY (ARRAY['in_flight'::text, 'delivered'::text, 'released'::text, 'uncertain'::text])),
  constraint reservations_would_deny_check CHECK (would_deny IS NULL OR (would_deny ->> 'reason'::text) IS NOT NULL AND pg_column_size(would_deny) < 1000),
  constraint reservations_account_id_fkey FOREIGN KEY (account_id) REFERENCES safeband.accounts(account_id),
  constraint reservations_pkey PRIMARY KEY (account_id, reservation_id)
);
CREATE INDEX reservations_campaign ON safeband.reservations USING btree (campaign_id COLLATE "C", reserved_at, account_id, reservation_id) INCLUDE (state) WHERE (campaign_id IS NOT NULL);
CREATE INDEX reservations_campaign_day ON safeband.reservations USING btree (quota_day, campaign_id COLLATE "C", account_id) INCLUDE (state) WHERE (campaign_id IS NOT NULL);
CREATE INDEX reservations_carried ON safeband.reservations USING btree (account_id, carried_into) WHERE (carried_into IS NOT NULL);
CREATE INDEX reservations_day ON safeband.reservations USING btree (account_id, quota_day);
CREATE INDEX reservations_in_flight ON safeband.reservations USING btree (account_id) WHERE (state = 'in_flight'::text);
CREATE INDEX reservations_recipient ON safeband.reservations USING btree (recipient_key COLLATE "C", reserved_at, account_id) WHERE (recipient_key IS NOT NULL);
CREATE INDEX reservations_recipient_waiting ON safeband.reservations USING btree (recipient_id COLLATE "C", account_id) WHERE ((recipient_id IS NOT NULL) AND (recipient_key IS NULL));
CREATE INDEX reservations_search ON safeband.reservations USING btree (reservation_id COLLATE "C", account_id);
CREATE INDEX reservations_uncertain ON safeband.reservations USING btree (account_id, lease_expires_at) WHERE (state = 'uncertain'::text);
CREATE INDEX reservations_would_deny ON safeband.reservations USING btree (account_id, quota_day) WHERE (would_deny IS NOT NULL);
CREATE TRIGGER keep_overwritten AFTER UPDATE ON safeband.reservations FOR EACH ROW WHEN (old.number < new.number AND (old.quota_day <> new.quota_day OR (old.state = ANY (ARRAY['uncertain'::text, 'released'::text])) AND old.state <> new.state)) EXECUTE FUNCTION safeband.keep_reservation_row();
CREATE TRIGGER keep_reservation_chats AFTER DELETE ON safeband.reservations REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION safeband.keep_reservation_chats();
CREATE TRIGGER tell_deletion AFTER DELETE ON safeband.reservations FOR EACH ROW EXECUTE FUNCTION safeband.tell_deletion();
alter table safeband.reservations enable always trigger tell_deletion;
CREATE TRIGGER tell_rewrite AFTER UPDATE ON safeband.reservations FOR EACH ROW WHEN (new.number = old.number AND NOT (old.recipient_key IS NULL AND new.recipient_key IS NOT NULL AND (to_jsonb(new.*) - 'recipient_key'::text) = (to_jsonb(old.*) - 'recipient_key'::text))) EXECUTE FUNCTION safeband.tell_rewrite();
alter table safeband.reservations enable always trigger tell_rewrite;

create table safeband.retention (
  relation text not null,
  days integer,
  only_exported boolean not null default false,
  pruned_before timestamp with time zone,
  pruned_rows bigint not null default 0,
  pruned_at timestamp with time zone,
  done_on date,
  exported_before timestamp with time zone,
  exported_at timestamp with time zone,
  exported_by text,
  unlinked_before timestamp with time zone,
  constraint retention_check CHECK ((exported_before IS NULL) = (exported_at IS NULL)),
  constraint retention_days_check CHECK (days > 0),
  constraint retention_pkey PRIMARY KEY (relation)
);

create table safeband.schema_migrations (
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  constraint schema_migrations_pkey PRIMARY KEY (name)
);

create table safeband.seal_comparisons (
  month date not null,
  begun_at timestamp with time zone not null,
  compared_at timestamp with time zone,
  result text,
  constraint seal_comparisons_check CHECK ((compared_at IS NULL) = (result IS NULL)),
  constraint seal_comparisons_month_check CHECK (EXTRACT(day FROM month) = 1::numeric),
  constraint seal_comparisons_result_check CHECK (result = ANY (ARRAY['equal'::text, 'differs'::text, 'too_large'::text])),
  constraint seal_comparisons_pkey PRIMARY KEY (month)
);

create table safeband.send_attempts (
  account_id safeband.account_id not null,
  reservation_id safeband.reservation_id not null,
  quota_day date not null,
  attempted_at timestamp with time zone not null,
  outcome text,
  chat_id safeband.foreign_id,
  message_id safeband.foreign_id,
  error_code text,
  settled_at timestamp with time zone,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  written_in xid8 not null default pg_current_xact_id(),
  written_by text,
  attempt_id text,
  constraint send_attempts_attempt_id_check CHECK (length(attempt_id) >= 1 AND length(attempt_id) <= 128),
  constraint send_attempts_check CHECK (outcome IS DISTINCT FROM 'delivered'::text OR chat_id IS NOT NULL),
  constraint send_attempts_check1 CHECK (outcome IS DISTINCT FROM 'failed'::text OR error_code IS NOT NULL),
  constraint send_attempts_error_code_check CHECK (error_code = ANY (ARRAY['not_attempted'::text, 'rejected'::text, 'throttled'::text, 'no_credits'::text, 'restricted'::text, 'unknown'::text])),
  constraint send_attempts_outcome_check CHECK (outcome = ANY (ARRAY['delivered'::text, 'failed'::text, 'void'::text])),
  constraint send_attempts_pkey PRIMARY KEY (account_id, reservation_id)
);
CREATE INDEX send_attempts_day ON safeband.send_attempts USING btree (account_id, quota_day);
CREATE INDEX send_attempts_news ON safeband.send_attempts USING btree (written_in);
CREATE TRIGGER attempt_owner BEFORE INSERT OR UPDATE ON safeband.send_attempts FOR EACH ROW EXECUTE FUNCTION safeband.own_attempt();
alter table safeband.send_attempts enable always trigger attempt_owner;
CREATE TRIGGER keep_attempt_chats AFTER DELETE ON safeband.send_attempts REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION safeband.keep_attempt_chats();
CREATE TRIGGER outcome_once BEFORE UPDATE ON safeband.send_attempts FOR EACH ROW EXECUTE FUNCTION safeband.keep_outcome();
alter table safeband.send_attempts enable always trigger outcome_once;

create table safeband.sessions (
  hash bytea not null,
  key_id text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  constraint sessions_hash_check CHECK (octet_length(hash) = 32),
  constraint sessions_key_id_fkey FOREIGN KEY (key_id) REFERENCES safeband.api_keys(key_id) ON DELETE CASCADE,
  constraint sessions_pkey PRIMARY KEY (hash)
);
CREATE INDEX sessions_expired ON safeband.sessions USING btree (expires_at);
CREATE TRIGGER note_login AFTER INSERT ON safeband.sessions FOR EACH ROW EXECUTE FUNCTION safeband.note_login();
alter table safeband.sessions enable always trigger note_login;

create table safeband.shares (
  share_number bigint not null generated always as identity,
  share_id text not null,
  account_id text not null,
  signature bytea not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  revoked_by text,
  last_opened_at timestamp with time zone,
  label text,
  constraint shares_created_by_check CHECK (btrim(created_by) <> ''::text),
  constraint shares_label_check CHECK (char_length(label) >= 1 AND char_length(label) <= 80 AND label !~ '[[:cntrl:]]'::text AND btrim(label) <> ''::text),
  constraint shares_life CHECK (expires_at >= (created_at + '01:00:00'::interval) AND expires_at <= (created_at + '90 days'::interval)),
  constraint shares_revoked CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
  constraint shares_revoked_by_check CHECK (btrim(revoked_by) <> ''::text),
  constraint shares_share_id_check CHECK (share_id ~ '^[0-9a-f]{16}$'::text),
  constraint shares_signature_check CHECK (octet_length(signature) = 32),
  constraint shares_pkey PRIMARY KEY (share_id),
  constraint shares_share_number_key UNIQUE (share_number)
);
CREATE INDEX shares_account ON safeband.shares USING btree (account_id, share_number DESC);
CREATE INDEX shares_expiry ON safeband.shares USING btree (expires_at);
CREATE TRIGGER keep_revoked BEFORE UPDATE ON safeband.shares FOR EACH ROW EXECUTE FUNCTION safeband.keep_revoked();
alter table safeband.shares enable always trigger keep_revoked;
CREATE TRIGGER note_share AFTER INSERT OR UPDATE OF revoked_at ON safeband.shares FOR EACH ROW EXECUTE FUNCTION safeband.note_share();
alter table safeband.shares enable always trigger note_share;

create table safeband.waiting (
  account_id safeband.account_id not null,
  reservation_id safeband.reservation_id not null,
  state text not null,
  campaign_id text,
  recipient_id safeband.foreign_id,
  lease_seconds integer not null,
  journaled boolean not null,
  again boolean not null,
  priority smallint not null,
  valid_until timestamp with time zone not null,
  asked_at timestamp with time zone not null,
  reason text not null,
  reply_to jsonb,
  decided_at timestamp with time zone,
  number bigint not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  free boolean not null default false,
  recipient_key text,
  constraint waiting_check CHECK ((decided_at IS NULL) = (state = 'waiting'::text)),
  constraint waiting_priority_check CHECK (priority >= 0 AND priority <= 9),
  constraint waiting_state_check CHECK (state = ANY (ARRAY['waiting'::text, 'granted'::text, 'denied'::text, 'withdrawn'::text])),
  constraint waiting_pkey PRIMARY KEY (account_id, reservation_id)
);
CREATE INDEX waiting_number ON safeband.waiting USING btree (account_id, number DESC);
CREATE INDEX waiting_open ON safeband.waiting USING btree (account_id, asked_at, number) WHERE (state = 'waiting'::text);
CREATE INDEX waiting_recipient ON safeband.waiting USING btree (recipient_key COLLATE "C") WHERE ((state = ANY (ARRAY['waiting'::text, 'granted'::text])) AND (recipient_key IS NOT NULL));
CREATE TRIGGER tell_waiting AFTER INSERT OR UPDATE ON safeband.waiting FOR EACH ROW EXECUTE FUNCTION safeband.tell_waiting();

create table safeband.webhook_deliveries (
  delivery_id bigint not null generated always as identity,
  endpoint_id text not null,
  event_id text not null,
  type text not null,
  attempt integer not null,
  at timestamp with time zone not null,
  duration_ms integer not null,
  status integer,
  error text,
  answer text,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  constraint webhook_deliveries_answer_check CHECK (octet_length(answer) <= 4096),
  constraint webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES safeband.webhook_endpoints(endpoint_id) ON DELETE CASCADE,
  constraint webhook_deliveries_pkey PRIMARY KEY (delivery_id)
);
CREATE INDEX webhook_deliveries_endpoint ON safeband.webhook_deliveries USING btree (endpoint_id, delivery_id);
CREATE INDEX webhook_deliveries_event ON safeband.webhook_deliveries USING btree (event_id);

create table safeband.webhook_endpoints (
  endpoint_id text not null,
  url text not null,
  events text[] not null,
  accounts text[],
  secrets jsonb not null,
  position bigint not null,
  attempt integer not null default 0,
  next_attempt_at timestamp with time zone,
  failing_since timestamp with time zone,
  disabled_at timestamp with time zone,
  disabled_reason text,
  created_at timestamp with time zone not null,
  changed_by text not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  format text not null default 'json'::text,
  groups safeband.group_name[],
  constraint webhook_endpoints_accounts_check CHECK (cardinality(accounts) > 0),
  constraint webhook_endpoints_attempt_check CHECK (attempt >= 0),
  constraint webhook_endpoints_endpoint_id_check CHECK (endpoint_id ~ '^whe_[0-9a-f]{32}$'::text),
  constraint webhook_endpoints_events_check CHECK (cardinality(events) > 0),
  constraint webhook_endpoints_format_check CHECK (format = ANY (ARRAY['json'::text, 'slack'::text])),
  constraint webhook_endpoints_groups_check CHECK (cardinality(groups) >= 1 AND cardinality(groups) <= 100),
  constraint webhook_endpoints_url_check CHECK (char_length(url) <= 2048),
  constraint webhook_endpoints_pkey PRIMARY KEY (endpoint_id)
);
CREATE TRIGGER note_webhook AFTER INSERT OR DELETE OR UPDATE ON safeband.webhook_endpoints FOR EACH ROW EXECUTE FUNCTION safeband.note_webhook();
alter table safeband.webhook_endpoints enable always trigger note_webhook;

create table safeband.webhook_events (
  number bigint not null generated always as identity,
  event_id text not null default ('evt_'::text || replace((gen_random_uuid())::text, '-'::text, ''::text)),
  type text not null,
  account_id text,
  endpoint_id text,
  key text not null,
  at timestamp with time zone not null,
  data jsonb not null,
  position bigint,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  group_name text,
  constraint webhook_events_check CHECK ((account_id IS NULL) = (type = ANY (ARRAY['brake.engaged'::text, 'brake.released'::text, 'ping'::text]))),
  constraint webhook_events_check1 CHECK ((endpoint_id IS NOT NULL) = (type = 'ping'::text)),
  constraint webhook_events_type_check CHECK (type = ANY (ARRAY['cooldown.started'::text, 'cooldown.ended'::text, 'drift.alert'::text, 'account.connected'::text, 'account.disconnected'::text, 'account.held'::text, 'account.resumed'::text, 'no_credits'::text, 'credits.restored'::text, 'alert.raised'::text, 'alert.resolved'::text, 'reset.done'::text, 'threshold.reached'::text, 'slot.granted'::text, 'slot.expired'::text, 'brake.engaged'::text, 'brake.released'::text, 'ping'::text])),
  constraint webhook_events_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES safeband.webhook_endpoints(endpoint_id) ON DELETE CASCADE,
  constraint webhook_events_pkey PRIMARY KEY (number),
  constraint webhook_events_event_id_key UNIQUE (event_id),
  constraint webhook_events_position_key UNIQUE ("position")
);
CREATE INDEX webhook_events_at ON safeband.webhook_events USING btree (at);
CREATE UNIQUE INDEX webhook_events_brakes ON safeband.webhook_events USING btree (type, key) WHERE (type = ANY (ARRAY['brake.engaged'::text, 'brake.released'::text]));
CREATE INDEX webhook_events_new ON safeband.webhook_events USING btree (number) WHERE ("position" IS NULL);
CREATE UNIQUE INDEX webhook_events_once ON safeband.webhook_events USING btree (COALESCE(account_id, endpoint_id), type, key);
CREATE INDEX webhook_events_pings ON safeband.webhook_events USING btree (endpoint_id) WHERE (type = 'ping'::text);

create table safeband.webhook_position_lock (

);

create table safeband.webhook_sender_lock (

);

create view safeband.account_status as
 SELECT account_id,
    tier,
    timezone,
    daily_cap,
    weekly_cap,
    ramp,
    sending_window,
    identity,
    inmails_sent_today,
    counter_day,
    ramp_day,
    state,
    cooldown_until,
    cooldown_cause,
    hold_reason,
    hold_actor,
    hold_since,
    breaker_until,
    in_flight,
    uncertain,
    carried,
    imported,
    unexplained,
    ramp_day_next,
    highest_cap,
    cooled_at_counter,
    cooldowns,
    owner,
    owner_version,
    version,
    updated_at,
    recorded_at,
    delivered,
    external,
    drift,
    cap_daily,
    cap_weekly,
    cap_ramp,
    week_used,
    remaining,
    last_checked_at,
    credits_renew_on,
    cap_velocity,
    cap_learnt
   FROM safeband.account_status_at(statement_timestamp()) account_status_at(account_id, tier, timezone, daily_cap, weekly_cap, ramp, sending_window, identity, inmails_sent_today, counter_day, ramp_day, state, cooldown_until, cooldown_cause, hold_reason, hold_actor, hold_since, breaker_until, in_flight, uncertain, carried, imported, unexplained, ramp_day_next, highest_cap, cooled_at_counter, cooldowns, owner, owner_version, version, updated_at, recorded_at, delivered, external, drift, cap_daily, cap_weekly, cap_ramp, week_used, remaining, last_checked_at, credits_renew_on, cap_velocity, cap_learnt);

create view safeband.campaign_days as
 SELECT account_id,
    campaign_id,
    quota_day,
    (sum(granted)::numeric + sum(denied))::integer AS asked,
    sum(granted)::integer AS granted,
    sum(denied)::integer AS denied,
    COALESCE(jsonb_object_agg(reason, denied) FILTER (WHERE reason IS NOT NULL), '{}'::jsonb) AS denials,
    sum(in_flight)::integer AS in_flight,
    sum(delivered)::integer AS delivered,
    sum(released)::integer AS released,
    sum(uncertain)::integer AS uncertain
   FROM ( SELECT reservations.account_id,
            reservations.campaign_id COLLATE "C" AS campaign_id,
            reservations.quota_day,
            1 AS granted,
            0 AS denied,
            NULL::text AS reason,
            (reservations.state = 'in_flight'::text)::integer AS in_flight,
            (reservations.state = 'delivered'::text)::integer AS delivered,
            (reservations.state = 'released'::text)::integer AS released,
            (reservations.state = 'uncertain'::text)::integer AS uncertain
           FROM safeband.reservations
          WHERE reservations.campaign_id IS NOT NULL
        UNION ALL
         SELECT campaign_denials.account_id,
            campaign_denials.campaign_id COLLATE "C" AS campaign_id,
            campaign_denials.quota_day,
            0,
            sum(campaign_denials.count) AS sum,
            campaign_denials.reason,
            0,
            0,
            0,
            0
           FROM safeband.campaign_denials
          GROUP BY campaign_denials.account_id, (campaign_denials.campaign_id COLLATE "C"), campaign_denials.quota_day, campaign_denials.reason) counted
  GROUP BY account_id, campaign_id, quota_day;

create view safeband.past_days as
 SELECT account_id,
    safeband.utc_day(sent_at) AS quota_day,
    count(*)::integer AS sent
   FROM safeband.past_sends
  WHERE is_counted
  GROUP BY account_id, (safeband.utc_day(sent_at));

CREATE OR REPLACE FUNCTION safeband.access_actor()
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'safeband', 'pg_temp'
AS $function$
  select coalesce(nullif(current_setting('safeband.actor', true), ''), 'postgres:' || session_user)
$function$;

CREATE OR REPLACE FUNCTION safeband.account_status_at(at timestamp with time zone)
 RETURNS TABLE(account_id safeband.account_id, tier safeband.tier, timezone text, daily_cap integer, weekly_cap integer, ramp integer[], sending_window jsonb, identity text, inmails_sent_today integer, counter_day date, ramp_day integer, state text, cooldown_until timestamp with time zone, cooldown_cause text, hold_reason text, hold_actor text, hold_since timestamp with time zone, breaker_until timestamp with time zone, in_flight integer, uncertain integer, carried integer, imported integer, unexplained integer, ramp_day_next integer, highest_cap integer, cooled_at_counter integer, cooldowns jsonb, owner text, owner_version bigint, version bigint, updated_at timestamp with time zone, recorded_at timestamp with time zone, delivered integer, external integer, drift integer, cap_daily integer, cap_weekly integer, cap_ramp integer, week_used integer, remaining integer, last_checked_at timestamp with time zone, credits_renew_on smallint, cap_velocity integer, cap_learnt integer)
 LANGUAGE sql
 STABLE
AS $function$
  with today as (
    select stored.account_id as id, a.*, dated.day, dated.day > a.counter_day as is_new,
      gate.state as state_now, gate.cooldown_until as cooldown_now,
      gate.cooldown_cause as cause_now, a as whole
    from safeband.accounts stored
    cross join lateral safeband.as_saved(stored) a
    cross join lateral (select greatest(a.counter_day, safeband.utc_day(at)) as day) dated
    cross join lateral safeband.gate_at(a, at) gate
  ), found as (
    select t.*,
      case when t.is_new then 0 else t.external end as external_now,
      case when t.is_new then 0 else t.imported end as imported_now,
      case when t.is_new then 0 else t.unexplained end as unexplained_now,
      case when t.is_new then t.ramp_day_next else t.ramp_day end as step,
      slots.in_flight as slots_in_flight, slots.uncertain as slots_uncertain,
      slots.delivered as slots_delivered,
      safeband.proved_of(t.whole, slots.of_row_day) as proved_of_row,
      log.delivered as log_delivered, log.external as log_external
    from today t
    cross join lateral (
      select (count(*) filter (where r.state = 'in_flight' and r.quota_day = t.day))::int
               as in_flight,
             (count(*) filter (where r.state = 'uncertain' and r.quota_day = t.day))::int
               as uncertain,
             (count(*) filter (where r.state = 'delivered' and r.quota_day = t.day))::int
               as delivered,
             (count(*) filter (where r.state <> 'released' and r.quota_day = t.counter_day))::int
               as of_row_day
      from safeband.reservations r
      where r.account_id = t.id and r.quota_day in (t.day, t.counter_day)
    ) slots
    cross join lateral (
      select count(*) filter (where e.source <> 'external')::int as delivered,
             count(*) filter (where e.source = 'external')::int as external
      from safeband.inmail_events e where e.account_id = t.id and e.quota_day = t.day
    ) log
  ), counted as (
    -- The counter of the last save counts, also if rows of reservations were deleted since.
    select f.*,
      case when f.is_new then f.slots_in_flight + f.slots_uncertain + f.slots_delivered
           else greatest(f.inmails_sent_today, f.proved_of_row) end as counter,
      case when f.is_new then 0 else greatest(0, f.inmails_sent_today - f.proved_of_row) end
        as excess,
      case when f.is_new then carry.slots else week.carried end as carried_now,
      week.counters - case when f.is_new then carry.of_week else week.carried_of_week end
        as earlier,
      caps.daily as daily_in_force, caps.weekly as weekly_in_force, caps.ramp_cap as ramp_in_force,
      safeband.velocity_cap(f.whole, f.day, f.proved_of_row) as velocity_in_force,
      safeband.learnt_ceiling(f.whole, f.day) as learnt_in_force,
      greatest(f.last_checked_at, case when f.state <> 'disconnected' then fleet.ran_at end)
        as checked_at
    from found f
    -- What was in flight at that midnight, or uncertain with its lease running, takes room today.
    cross join lateral (
      select count(*)::int as slots,
             (count(*) filter (where r.quota_day > f.day - 7))::int as of_week
      from safeband.reservations r
      where f.is_new and r.account_id = f.id and r.quota_day < f.day
        and (r.state = 'in_flight'
          or r.state = 'uncertain' and r.lease_expires_at > f.day::timestamp at time zone 'UTC')
    ) carry
    cross join lateral safeband.week_before(f.id, f.day, f.counter_day, f.proved_of_row)
      week
    cross join lateral safeband.caps_of(f.tier, f.daily_cap, f.weekly_cap, f.ramp, f.step) caps
    -- Each audit of the fleet compares every connected account with the event log.
    cross join (
      select max(r.ran_at) as ran_at from safeband.reconciler_runs r
      where r.scope = 'fleet' and r.ran_at <= at
    ) fleet
  )
  select c.id, c.tier, c.timezone, c.daily_cap, c.weekly_cap, c.ramp, c.sending_window,
    c.identity, c.counter, c.day, c.step,
    c.state_now, c.cooldown_now, c.cause_now,
    c.hold_reason, c.hold_actor, c.hold_since,
    case when c.breaker_until > at then c.breaker_until end,
    c.slots_in_flight, c.slots_uncertain, c.carried_now, c.imported_now,
    -- Rows of the event log prove as much of the excess as they can.
    c.unexplained_now + c.excess - least(c.excess, greatest(0,
      c.log_delivered + c.log_external - c.slots_delivered - c.external_now)),
    c.ramp_day_next, c.highest_cap, c.cooled_at_counter, c.cooldowns,
    c.owner, c.owner_version, c.version, c.updated_at, c.recorded_at,
    c.log_delivered, c.log_external,
    c.counter - c.log_delivered - c.log_external - c.imported_now,
    c.daily_in_force, c.weekly_in_force, c.ramp_in_force,
    c.earlier + c.counter + c.carried_now,
    greatest(0, safeband.left_by(least(c.daily_in_force, c.velocity_in_force,
          c.learnt_in_force),
        c.weekly_in_force, c.ramp_in_force, c.earlier)
      - c.counter - c.carried_now),
    c.checked_at, c.credits_renew_on, c.velocity_in_force, c.learnt_in_force
  from counted c
$function$;

CREATE OR REPLACE FUNCTION safeband.as_saved(a safeband.accounts)
 RETURNS safeband.accounts
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case when a.saved_row is null then a else jsonb_populate_record(a, a.saved_row) end
$function$;

CREATE OR REPLACE FUNCTION safeband.at_ms(ms bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select timestamptz 'epoch' + ms * interval '1 millisecond'
$function$;

CREATE OR REPLACE FUNCTION safeband.cap_of(a safeband.accounts, earlier integer)
 RETURNS integer
 LANGUAGE sql
 STABLE
AS $function$
  select safeband.left_by(least(caps.daily, safeband.velocity_cap(a, a.counter_day, null),
             safeband.learnt_ceiling(a, a.counter_day)), caps.weekly, caps.ramp_cap, earlier)
    from safeband.caps_of(a.tier, a.daily_cap, a.weekly_cap, a.ramp, a.ramp_day) caps
$function$;

CREATE OR REPLACE FUNCTION safeband.caps_of(tier safeband.tier, daily_cap integer, weekly_cap integer, ramp integer[], ramp_day integer)
 RETURNS TABLE(daily integer, weekly integer, ramp_cap integer)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select known.daily, least(coalesce(weekly_cap, 5 * known.daily), 5 * known.band), ramp[ramp_day]
    from (select safeband.safe_band(tier) as band,
                 least(coalesce(daily_cap, safeband.safe_band(tier)), safeband.safe_band(tier))
                   as daily) known
$function$;

CREATE OR REPLACE FUNCTION safeband.confirm_in_group(of_group text, of_reservation text, granted_by text, recipient text)
 RETURNS TABLE(state text, account_id text)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  place safeband.group_reserves;
begin
  insert into safeband.group_reserves (group_name, reservation_id, account_id)
  values (of_group, of_reservation, granted_by) on conflict do nothing;
  select p.* into place from safeband.group_reserves p
   where p.group_name = of_group and p.reservation_id = of_reservation for update;
  if place.state = 'asking' then
    place.state := 'granted';
    place.account_id := granted_by;
    if recipient is not null then
      update safeband.group_recipients c
         set account_id = granted_by, reservation_id = of_reservation,
             granted_at = clock_timestamp(), held_by = null, held_until = null,
             recorded_at = clock_timestamp()
       where c.group_name = of_group and c.recipient_key = recipient
         and c.held_by = of_reservation;
      if not found then place.state := 'given_back'; end if;
    end if;
    update safeband.group_reserves p
       set state = place.state, account_id = place.account_id, recorded_at = clock_timestamp()
     where p.group_name = of_group and p.reservation_id = of_reservation;
  end if;
  return query select place.state::text, place.account_id::text;
end $function$;

CREATE OR REPLACE FUNCTION safeband.contact_days(a safeband.accounts)
 RETURNS integer
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select 2 + greatest(a.recipient_memory_days, (a.saved_row->>'recipient_memory_days')::int, 2,
    (select max(g.recipient_memory_days) from safeband.accounts g
      where g.group_name = a.group_name and g.recipient_scope = 'group'))
$function$;

CREATE OR REPLACE FUNCTION safeband.count_listed()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op in ('UPDATE', 'DELETE') then
    update safeband.account_counts c
       set accounts = c.accounts - g.accounts, counter = c.counter - g.counter,
           logged = c.logged - g.logged, in_flight = c.in_flight - g.in_flight,
           uncertain = c.uncertain - g.uncertain, drifting = c.drifting - g.drifting
      from (select state, sending, coalesce(group_name::text, '') as group_name,
                   count(*) as accounts, sum(counter) as counter, sum(logged) as logged,
                   sum(in_flight) as in_flight, sum(uncertain) as uncertain,
                   count(*) filter (where drift <> 0) as drifting
              from gone group by 1, 2, 3) g
     where (c.state, c.sending, c.group_name) = (g.state, g.sending, g.group_name);
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into safeband.account_counts as c
      select state, sending, coalesce(group_name::text, ''), count(*), sum(counter), sum(logged),
             sum(in_flight), sum(uncertain), count(*) filter (where drift <> 0)
        from added group by 1, 2, 3 order by 1, 2, 3
    on conflict (state, sending, group_name) do update
       set accounts = c.accounts + excluded.accounts, counter = c.counter + excluded.counter,
           logged = c.logged + excluded.logged, in_flight = c.in_flight + excluded.in_flight,
           uncertain = c.uncertain + excluded.uncertain,
           drifting = c.drifting + excluded.drifting;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.count_ordered()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' then
    insert into safeband.order_counts as c
      select order_id, coalesce(outcome, 'left'), pg_backend_pid() % 16, count(*)
        from added group by 1, 2 order by 1, 2
    on conflict (order_id, outcome, part) do update set accounts = c.accounts + excluded.accounts;
  elsif tg_op = 'DELETE' then
    insert into safeband.order_counts as c
      select g.order_id, coalesce(g.outcome, 'left'), pg_backend_pid() % 16, -count(*)
        from gone g join safeband.orders o on o.order_id = g.order_id
       where o.accounts_deleted_at is null group by 1, 2 order by 1, 2
    on conflict (order_id, outcome, part) do update set accounts = c.accounts + excluded.accounts;
  else
    insert into safeband.order_counts as c
      select order_id, outcome, pg_backend_pid() % 16, sum(n)
        from (select order_id, coalesce(outcome, 'left') as outcome, -1 as n from gone
              union all
              select order_id, coalesce(outcome, 'left'), 1 from added) moved
       group by 1, 2 having sum(n) <> 0 order by 1, 2
    on conflict (order_id, outcome, part) do update set accounts = c.accounts + excluded.accounts;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.day_at(day integer)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select date '1970-01-01' + day $function$;

CREATE OR REPLACE FUNCTION safeband.day_no(day date)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select day - date '1970-01-01' $function$;

CREATE OR REPLACE FUNCTION safeband.edited_columns(a safeband.accounts)
 RETURNS text[]
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(array_agg(saved.key order by saved.key), '{}')
    from jsonb_each(a.saved_row) saved
    join jsonb_each(safeband.values_of(a)) now using (key)
   where now.value is distinct from saved.value
$function$;

CREATE OR REPLACE FUNCTION safeband.erased_json(value jsonb, pattern text, hash text)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  return case jsonb_typeof(value)
    when 'string' then to_jsonb(regexp_replace(value #>> '{}', pattern, hash, 'gi'))
    when 'array' then (select coalesce(jsonb_agg(safeband.erased_json(one, pattern, hash)
        order by place), '[]') from jsonb_array_elements(value) with ordinality as t (one, place))
    when 'object' then (select coalesce(jsonb_object_agg(key,
        safeband.erased_json(one, pattern, hash)), '{}') from jsonb_each(value) as t (key, one))
    else value end;
end $function$;

CREATE OR REPLACE FUNCTION safeband.fingerprint(id text)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
  select case when id ~ '^sha256:[A-Za-z0-9+/]{43}=$'
    then pg_catalog.decode(pg_catalog.substr(id, 8), 'base64')
    else pg_catalog.sha256(pg_catalog.convert_to(id, 'UTF8')) end
$function$;

CREATE OR REPLACE FUNCTION safeband.gate_at(a safeband.accounts, at timestamp with time zone)
 RETURNS TABLE(state text, cooldown_until timestamp with time zone, cooldown_cause text)
 LANGUAGE sql
 STABLE
AS $function$
  select case
      when a.state = 'disconnected' then 'disconnected'
      when a.hold_actor is not null then 'held'
      when a.breaker_until > at then 'no_credits'
      when coalesce(reset.cooldown_until, a.cooldown_until) > at then 'cooldown'
      when a.state = 'unverified' or a.last_checked_at is null then 'unverified'
      else 'active'
    end,
    case when reset.cooldown_until is not null then reset.cooldown_until
         when a.cooldown_until > at then a.cooldown_until end,
    case when reset.cooldown_until is not null then 'overshoot'
         when a.cooldown_until > at then a.cooldown_cause end
  -- A reset until 00:02 begins its cooldown at midnight, a later one at once.
  from (select a.counter_day < safeband.utc_day(at) as is_late,
               case when at - today.midnight <= interval '2 minutes' then today.midnight else at end
                 as reset_at
          from (select safeband.utc_day(at)::timestamp at time zone 'UTC' as midnight) today) due
  -- The cooldown that the next reset starts, if the row is of an earlier day.
  left join lateral (
    select due.reset_at + interval '1 hour' as cooldown_until
      from (select safeband.proved_of(a, count(*)::int) as counter from safeband.reservations r
             where due.is_late and r.account_id = a.account_id and r.quota_day = a.counter_day
               and r.state <> 'released') closed
     where due.is_late and closed.counter > a.highest_cap
       and 5 * closed.counter >= 6 * a.highest_cap and closed.counter > a.cooled_at_counter
       and coalesce(a.cooldown_until <= due.reset_at, true)
  ) reset on true
$function$;

CREATE OR REPLACE FUNCTION safeband.is_erasing()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select exists (select from safeband.erasures e where e.written_in = pg_current_xact_id())
$function$;

CREATE OR REPLACE FUNCTION safeband.is_for(w safeband.webhook_endpoints, e safeband.webhook_events)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select case when e.type in ('brake.engaged', 'brake.released')
    then safeband.is_of_brake(w, e.group_name) else safeband.is_of(w, e.account_id) end
$function$;

CREATE OR REPLACE FUNCTION safeband.is_of(w safeband.webhook_endpoints, account text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select w.accounts is null and w.groups is null
    or coalesce(account = any(w.accounts), false)
    or w.groups is not null and exists (select from safeband.accounts a
         where a.account_id = account and a.group_name = any(w.groups))
$function$;

CREATE OR REPLACE FUNCTION safeband.is_of_brake(w safeband.webhook_endpoints, of_group text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select of_group is null
    or w.accounts is null and w.groups is null
    or coalesce(of_group = any(w.groups), false)
    or exists (select from safeband.accounts a
         where a.account_id = any(w.accounts) and a.group_name = of_group)
$function$;

CREATE OR REPLACE FUNCTION safeband.is_open_claim(c safeband.group_recipients)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select c.claimed_by is not null
    and not exists (select from safeband.reservations r
      where r.account_id = c.claimed_by and r.reservation_id = c.claimed_for
        and r.reserved_at >= c.claimed_at)
    and not exists (select from safeband.waiting w
      where w.account_id = c.claimed_by and w.reservation_id = c.claimed_for
        and w.asked_at >= c.claimed_at)
    and exists (select from safeband.accounts a where a.account_id = c.claimed_by
      and (a.recipient_scope = 'group' and a.state <> 'disconnected'
        or c.claimed_at > clock_timestamp() - interval '1 hour'))
$function$;

CREATE OR REPLACE FUNCTION safeband.is_past(r safeband.reservations, account_day date)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select r.state in ('delivered', 'released') and r.quota_day < account_day - 35
    and coalesce(r.carried_into < account_day - 35, true)
$function$;

CREATE OR REPLACE FUNCTION safeband.iso(at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$function$;

CREATE OR REPLACE FUNCTION safeband.keep_account(a safeband.accounts)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  insert into safeband.account_history
  select kept.*
    from jsonb_populate_record(null::safeband.account_history,
           to_jsonb(a) || jsonb_build_object('recorded_at', clock_timestamp())) kept
  on conflict do nothing
$function$;

CREATE OR REPLACE FUNCTION safeband.keep_account_row()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  begin
    perform safeband.keep_account(new);
  exception when others then
    raise warning 'safeband: history of % was not kept: %', new.account_id, sqlerrm;
  end;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.keep_attempt_chats()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into safeband.recipient_chats (recipient_hash, chat_id)
  select safeband.fingerprint(coalesce(r.recipient_key, r.recipient_id)), g.chat_id
    from gone g join safeband.reservations r using (account_id, reservation_id)
   where r.recipient_id not like 'erased:%' and g.chat_id not like 'erased:%'
     and g.chat_id is distinct from r.chat_id
  on conflict do nothing;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.keep_outcome()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if old.outcome is not null then
    if safeband.is_erasing() and safeband.only_erased(to_jsonb(old), to_jsonb(new),
      '{chat_id,message_id}') then
      return new;
    end if;
    raise exception 'the outcome of attempt % is written already: %',
      old.reservation_id, old.outcome using errcode = 'restrict_violation';
  end if;
  new.written_in := pg_current_xact_id();
  return new;
end $function$;

CREATE OR REPLACE FUNCTION safeband.keep_past_days()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into safeband.account_days (account_id, quota_day, counter, delivered, uncertain,
      external, imported, unexplained, number)
  select account_id, quota_day, sent, 0, 0, 0, sent, 0, 0 from safeband.past_days
   where account_id = new.account_id and quota_day < new.counter_day
  on conflict do nothing;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.keep_reservation_chats()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into safeband.recipient_chats (recipient_hash, chat_id)
  select safeband.fingerprint(coalesce(g.recipient_key, g.recipient_id)), known.chat
    from gone g cross join lateral (
      select safeband.whole_chat(g.account_id, g.reservation_id, g.chat_id) as chat
      union select s.chat_id from safeband.send_attempts s
       where s.account_id = g.account_id and s.reservation_id = g.reservation_id) known
   where g.recipient_id not like 'erased:%' and known.chat not like 'erased:%'
  on conflict do nothing;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.keep_reservation_row()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into safeband.reservation_history (account_id, reservation_id, number, quota_day, state,
    reserved_at, lease_expires_at, settled_at, reason, journaled, chat_id, message_id, is_adopted,
    carried_into, saved_at)
  values (old.account_id, old.reservation_id, old.number, old.quota_day, old.state,
    old.reserved_at, old.lease_expires_at, old.settled_at, old.reason, old.journaled, old.chat_id,
    old.message_id, old.is_adopted, old.carried_into, old.saved_at)
  on conflict do nothing;
  return null;
exception when others then
  raise warning 'safeband: history of % was not kept: %', old.account_id, sqlerrm;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.keep_revoked()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at then
    raise exception 'share % is revoked permanently', old.share_id using errcode = 'check_violation';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION safeband.keeps_recipient(w safeband.waiting)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select w.state = 'waiting' or w.state = 'granted'
    and w.recorded_at > clock_timestamp() - interval '1 hour' and not exists (
    select from safeband.reservations r
     where r.account_id = w.account_id and r.reservation_id = w.reservation_id
       and r.reserved_at >= w.asked_at)
$function$;

CREATE OR REPLACE FUNCTION safeband.learnt_ceiling(a safeband.accounts, day date)
 RETURNS integer
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case when a.learnt_cap then
    (case when learnt_ceiling.day > a.counter_day then a.learnt->>'next'
          else a.learnt->>'cap' end)::int end
$function$;

CREATE OR REPLACE FUNCTION safeband.left_by(daily integer, weekly integer, ramp_cap integer, earlier integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select greatest(0, least(daily, ramp_cap, weekly - earlier))
$function$;

CREATE OR REPLACE FUNCTION safeband.ms_of(at timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select floor(extract(epoch from at) * 1000)::bigint $function$;

CREATE OR REPLACE FUNCTION safeband.name_listed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into safeband.account_names (account_id) select account_id from added;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.note_group()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into safeband.access_changes (kind, actor, target, details)
  values ('group_changed', new.changed_by, new.group_name,
    jsonb_build_object('before', case when tg_op = 'UPDATE' then old.defaults end,
      'after', new.defaults));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.note_key()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' or new.revoked_at is distinct from old.revoked_at then
    insert into safeband.access_changes (kind, actor, target, details)
    values (case when new.revoked_at is null then 'key_made' else 'key_revoked' end,
      safeband.access_actor(), new.key_id,
      jsonb_build_object('name', new.name, 'role', new.role, 'accounts', new.accounts)
        || case when new.groups is null then '{}' else jsonb_build_object('groups', new.groups) end);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.note_login()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into safeband.access_changes (kind, actor, target)
  select 'login', k.name, k.key_id from safeband.api_keys k where k.key_id = new.key_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.note_share()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' or new.revoked_at is distinct from old.revoked_at then
    insert into safeband.access_changes (kind, actor, target, details)
    values (case when new.revoked_at is null then 'share_made' else 'share_revoked' end,
      coalesce(new.revoked_by, new.created_by), new.share_id,
      jsonb_strip_nulls(jsonb_build_object('accountId', new.account_id,
        'expiresAt', safeband.iso(new.expires_at), 'label', new.label)));
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.note_webhook()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  seen safeband.webhook_endpoints := case when tg_op = 'DELETE' then old else new end;
begin
  if tg_op = 'UPDATE' and new.recorded_at is not distinct from old.recorded_at
    and (new.url, new.events, new.accounts, new.secrets, new.format, new.groups)
      is not distinct from
      (old.url, old.events, old.accounts, old.secrets, old.format, old.groups) then
    return null;
  end if;
  insert into safeband.access_changes (kind, actor, target, details)
  values (
    case tg_op when 'INSERT' then 'webhook_added' when 'DELETE' then 'webhook_removed'
      else 'webhook_changed' end,
    case when tg_op = 'DELETE' then safeband.access_actor() else seen.changed_by end,
    seen.endpoint_id,
    jsonb_build_object('events', seen.events, 'accounts', seen.accounts, 'format', seen.format,
      'hasNewSecret', tg_op = 'UPDATE' and new.secrets is distinct from old.secrets)
      || case when seen.groups is null then '{}' else jsonb_build_object('groups', seen.groups) end);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.only_erased(old jsonb, new jsonb, columns text[])
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select new - columns = old - columns and not exists (
    select from unnest(columns) name
     where new->name <> old->name and (new->>name !~ '^erased:[0-9a-f]{8}:[0-9a-f]{40}$'))
$function$;

CREATE OR REPLACE FUNCTION safeband.open_alert()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' or (old.resolved_at is not null and new.resolved_at is null) then
    new.opened_at := new.raised_at;
    new.acknowledged_at := null;
  elsif array_position(array['info', 'warning', 'critical'], new.severity)
      > array_position(array['info', 'warning', 'critical'], old.severity)
    or new.details->>'mark' <> coalesce(old.details->>'mark', '') then
    new.acknowledged_at := null;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION safeband.own_attempt()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  -- The login itself: `set role` does not change it.
  owns boolean := pg_has_role(session_user, (select relowner from pg_class where oid = tg_relid),
    'member');
begin
  if new.outcome = 'void' and not owns and not exists (select from pg_roles
    where rolname = 'safeband_worker' and pg_has_role(session_user, oid, 'member')) then
    raise exception 'only the worker writes the outcome void, and % is no member of safeband_worker',
      session_user using errcode = 'insufficient_privilege';
  end if;
  if tg_op = 'INSERT' then
    new.written_by := session_user;
    return new;
  end if;
  new.written_by := old.written_by;
  if not owns and old.written_by <> session_user and not exists (select from pg_roles
    where rolname = old.written_by and pg_has_role(session_user, oid, 'member')) then
    raise exception 'attempt % was begun by %, so % may not write its outcome',
      old.reservation_id, old.written_by, session_user using errcode = 'insufficient_privilege';
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION safeband.parts_of_id(id text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
  select coalesce(array_agg(substr(lower(id collate "C"), n, 3)), '{}')
    from generate_series(1, length(id) - 2) n
$function$;

CREATE OR REPLACE FUNCTION safeband.proved_of(a safeband.accounts, slots integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select slots + a.external + a.imported + a.unexplained
$function$;

CREATE OR REPLACE FUNCTION safeband.prune_group_sends(at timestamp with time zone, days integer, step integer DEFAULT 2000)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  -- A worker whose clock is wrong must not delete what is young.
  now_at timestamptz := least(at, clock_timestamp() + interval '1 hour');
  cutoff timestamptz := now_at - greatest(days, 100) * interval '1 day';
  gone bigint;
  more bigint;
begin
  -- Without days the rows are kept permanently.
  if days is null then return 0; end if;
  delete from safeband.group_reserves where ctid = any (array(
    select c.ctid from safeband.group_reserves c where c.recorded_at < cutoff
     limit step for update skip locked));
  get diagnostics gone = row_count;
  delete from safeband.group_recipients where ctid = any (array(
    select c.ctid from safeband.group_recipients c where c.recorded_at < cutoff
     limit step for update skip locked));
  get diagnostics more = row_count;
  return gone + more;
end $function$;

CREATE OR REPLACE FUNCTION safeband.prune_history(at timestamp with time zone, days integer DEFAULT 90)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with old_accounts as (
    delete from safeband.account_history h
     where h.updated_at < at - greatest(days, 30) * interval '1 day'
       and exists (select from safeband.account_history newer
         where newer.account_id = h.account_id and newer.version > h.version
           and newer.updated_at < at - greatest(days, 30) * interval '1 day')
    returning 1
  ), old_reservations as (
    delete from safeband.reservation_history r
     where r.quota_day < safeband.utc_day(at) - greatest(days, 30)
    returning 1
  )
  select (select count(*) from old_accounts) + (select count(*) from old_reservations)
$function$;

CREATE OR REPLACE FUNCTION safeband.prune_rows(name text, at timestamp with time zone, days integer, only_exported boolean, step integer DEFAULT 2000)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  -- A worker whose clock is wrong must not delete what is young.
  now_at timestamptz := least(at, clock_timestamp() + interval '1 hour');
  today date := safeband.utc_day(now_at);
  -- What people may ask for up to 90 days back (R17) is kept for 100.
  kept int := greatest(days, case name when 'reconciler_runs' then 7
    when 'send_attempts' then 40 when 'alerts' then 30 else 100 end);
  cutoff timestamptz := (today - kept)::timestamp at time zone 'UTC';
  cutoff_day date;
  written timestamptz := 'infinity';
  last_run text;
  gone bigint;
begin
  if only_exported then
    select least(cutoff, r.exported_before), r.exported_at into cutoff, written
      from safeband.retention r where r.relation = name;
    cutoff := coalesce(cutoff, '-infinity');
    written := coalesce(written, '-infinity');
    if written = '-infinity' then cutoff := '-infinity'; end if;
  end if;
  cutoff_day := case when cutoff = '-infinity' then date '-infinity'
    else safeband.utc_day(cutoff) end;
  case
  -- Without days the rows are kept permanently.
  when days is null then gone := 0;
  when name = 'reservations' then
    delete from safeband.reservations r using (
      select found.* from safeband.accounts a cross join lateral (
        select c.account_id, c.reservation_id from safeband.reservations c
         where c.account_id = a.account_id and c.quota_day < cutoff_day
           and c.recorded_at < written and safeband.is_past(c, a.counter_day)
           and (c.state = 'released' or c.recipient_id is null
             or c.quota_day < today - safeband.contact_days(a))
         limit step) found limit step) old
     where r.account_id = old.account_id and r.reservation_id = old.reservation_id
       and r.state in ('delivered', 'released');
  when name = 'send_attempts' then
    delete from safeband.send_attempts s using (
      select found.* from safeband.accounts a cross join lateral (
        select c.account_id, c.reservation_id from safeband.send_attempts c
         where c.account_id = a.account_id and c.quota_day < least(cutoff_day, a.counter_day - 35)
           and greatest(c.recorded_at, c.settled_at) < written
           and not exists (select from safeband.reservations r
             where r.account_id = c.account_id and r.reservation_id = c.reservation_id
               and not safeband.is_past(r, a.counter_day))
         limit step) found limit step) old
     where s.account_id = old.account_id and s.reservation_id = old.reservation_id;
  when name = 'waiting' then
    delete from safeband.waiting w using (
      select c.account_id, c.reservation_id from safeband.waiting c
       where c.state <> 'waiting' and c.decided_at < cutoff and c.recorded_at < written
         and not exists (select from safeband.reservations r
           where r.account_id = c.account_id and r.reservation_id = c.reservation_id
             and r.state in ('in_flight', 'uncertain'))
       limit step) old
     where w.account_id = old.account_id and w.reservation_id = old.reservation_id
       and w.state <> 'waiting';
  when name = 'campaign_denials' then
    delete from safeband.campaign_denials where ctid = any (array(
      select c.ctid from safeband.campaign_denials c
       where c.quota_day < cutoff_day and c.recorded_at < written
       limit step for update skip locked));
  when name = 'past_sends' then
    -- Those of an account that has not started are its first week.
    delete from safeband.past_sends p using (
      select found.* from safeband.accounts a cross join lateral (
        select c.account_id, c.sent_at, c.place from safeband.past_sends c
         where c.account_id = a.account_id and c.recorded_at < written
           and c.sent_at < least(cutoff,
             (today - safeband.contact_days(a))::timestamp at time zone 'UTC')
         limit step) found limit step) old
     where p.account_id = old.account_id and p.sent_at = old.sent_at and p.place = old.place;
  when name = 'alerts' then
    with old as (
      delete from safeband.alerts where alert_id = any (array(
        select c.alert_id from safeband.alerts c
         where c.resolved_at < cutoff and c.raised_at < cutoff and c.recorded_at < written
         order by c.opened_at limit step for update skip locked))
       and resolved_at is not null
      returning alert_id
    )
    select count(*) into gone from old;
    delete from safeband.alert_actions x where not exists (
      select from safeband.alerts l where l.alert_id = x.alert_id);
  when name = 'account_changes' then
    -- The last connect or disconnect is shown as long as the account is known.
    delete from safeband.account_changes x using (
      select found.* from safeband.accounts a cross join lateral (
        select c.account_id, c.number from safeband.account_changes c
         where c.account_id = a.account_id and c.at < cutoff and c.recorded_at < written
           and not (c.kind in ('connect', 'disconnect') and not exists (
             select from safeband.account_changes later where later.account_id = c.account_id
               and later.number > c.number and later.kind in ('connect', 'disconnect')))
         limit step) found limit step) old
     where x.account_id = old.account_id and x.number = old.number;
  when name = 'corrections' then
    delete from safeband.corrections where correction_id = any (array(
      select found.correction_id from safeband.accounts a cross join lateral (
        select c.correction_id from safeband.corrections c
         where c.account_id = a.account_id and c.at < cutoff and c.recorded_at < written
         limit step) found limit step));
  when name = 'order_accounts' then
    -- First the orders whose accounts may go are marked, and only then rows are deleted. An order
    -- whose hold is still in force keeps its rows, because it may be taken back (R30).
    if not exists (
      select from safeband.orders o cross join lateral (
        select from safeband.order_accounts c
         where c.order_id = o.order_id and coalesce(c.decided_at, o.ended_at) < written
         limit 1) found
       where o.accounts_deleted_at is not null)
    then
      update safeband.orders o set accounts_deleted_at = clock_timestamp()
       where o.accounts_deleted_at is null and o.ended_at < least(cutoff, written)
         and not exists (select from safeband.accounts a
           where a.state <> 'disconnected'
             and substring(a.hold_reason from ' \(order ([0-9a-f]{16})\)$') = o.order_id);
    end if;
    delete from safeband.order_accounts x using (
      select found.* from safeband.orders o cross join lateral (
        select c.order_id, c.account_id from safeband.order_accounts c
         where c.order_id = o.order_id and coalesce(c.decided_at, o.ended_at) < written
         limit step) found
       where o.accounts_deleted_at is not null limit step) old
     where x.order_id = old.order_id and x.account_id = old.account_id;
  when name = 'reconciler_runs' then
    -- The next audit reads from where the last whole one ended. A correction names its run.
    select run_id into last_run from safeband.reconciler_runs
     where scope = 'fleet' and explanation ? 'horizon' order by ran_at desc limit 1;
    delete from safeband.reconciler_runs where run_id = any (array(
      select c.run_id from safeband.reconciler_runs c
       where c.scope in ('account', 'fleet') and c.ran_at < cutoff and c.recorded_at < written
         and c.run_id is distinct from last_run
         and not exists (select from safeband.corrections k where k.run_id = c.run_id)
       limit step));
  else
    raise exception 'rows of % are not deleted', name using errcode = 'invalid_parameter_value';
  end case;
  if days is not null and name <> 'alerts' then get diagnostics gone = row_count; end if;
  insert into safeband.retention as known
    (relation, days, only_exported, pruned_before, pruned_rows, pruned_at, done_on)
  values (name, prune_rows.days, prune_rows.only_exported,
    case when days is not null then nullif(cutoff, '-infinity') end, gone, clock_timestamp(),
    case when gone < step then today end)
  on conflict (relation) do update
    set days = excluded.days, only_exported = excluded.only_exported,
        pruned_before = greatest(known.pruned_before, excluded.pruned_before),
        pruned_rows = known.pruned_rows + excluded.pruned_rows, pruned_at = excluded.pruned_at,
        done_on = coalesce(excluded.done_on, known.done_on);
  return gone;
end $function$;

CREATE OR REPLACE FUNCTION safeband.prune_shares(at timestamp with time zone, days integer DEFAULT 90)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  with gone as (
    delete from safeband.shares where share_number in (
      select share_number from safeband.shares
       where expires_at < at - greatest(days, 30) * interval '1 day'
       order by expires_at limit 10000)
    returning 1
  )
  select count(*) from gone
$function$;

CREATE OR REPLACE FUNCTION safeband.refuse_access_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'UPDATE' and safeband.is_erasing()
    and to_jsonb(new) - 'details' = to_jsonb(old) - 'details' then
    return new;
  end if;
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $function$;

CREATE OR REPLACE FUNCTION safeband.refuse_action_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'DELETE' and not exists (
    select from safeband.alerts a where a.alert_id = old.alert_id) then
    return old;
  end if;
  if tg_op = 'UPDATE' and safeband.is_erasing()
    and to_jsonb(new) - 'reason' = to_jsonb(old) - 'reason' then
    return new;
  end if;
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $function$;

CREATE OR REPLACE FUNCTION safeband.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $function$;

CREATE OR REPLACE FUNCTION safeband.refuse_erasure_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'UPDATE' and old.written_in = pg_current_xact_id()
    and to_jsonb(new) - 'rows' = to_jsonb(old) - 'rows' then
    return new;
  end if;
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $function$;

CREATE OR REPLACE FUNCTION safeband.refuse_event_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'UPDATE' and safeband.is_erasing()
    and safeband.only_erased(to_jsonb(old), to_jsonb(new), '{chat_id,message_id}') then
    return new;
  end if;
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $function$;

CREATE OR REPLACE FUNCTION safeband.safe_band(tier safeband.tier)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case tier when 'premium' then 25 when 'sales_navigator' then 50
                   when 'recruiter' then 50 else 0 end
$function$;

CREATE OR REPLACE FUNCTION safeband.tell_account()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if not exists (select from safeband.webhook_endpoints) then return null; end if;
  begin
    perform safeband.tell_changes(old, new, tg_op = 'INSERT');
  exception when others then
    -- Whatever is wrong here may not stop a save: the gate stands on it.
    raise warning 'safeband: an event of % was not written: %', new.account_id, sqlerrm;
  end;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_alert()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  is_open boolean := new.resolved_at is null;
  at timestamptz := coalesce(new.resolved_at, new.raised_at);
  data jsonb := jsonb_build_object('alertId', new.alert_id, 'kind', new.kind,
    'severity', new.severity, 'quotaDay', new.quota_day, 'openedAt', safeband.iso(new.opened_at));
begin
  if not exists (select from safeband.webhook_endpoints) then return null; end if;
  if not is_open then
    data := data || jsonb_build_object('by', case when exists (
      select from safeband.alert_actions a
       where a.alert_id = new.alert_id and a.action = 'closed' and a.at = new.resolved_at)
      then 'operator' else 'safeband' end);
  end if;
  perform safeband.tell_webhook(new.account_id,
    case when is_open then 'alert.raised' else 'alert.resolved' end,
    new.alert_id || ' ' || new.severity || ' ' || safeband.iso(at), at, data);
  return null;
exception when others then
  raise warning 'safeband: an event of % was not written: %', new.account_id, sqlerrm;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_brake()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  is_on boolean := new.released_at is null;
begin
  if not exists (select from safeband.webhook_endpoints) then return null; end if;
  insert into safeband.webhook_events (group_name, type, key, at, data)
  values (new.group_name, case when is_on then 'brake.engaged' else 'brake.released' end,
    new.brake_id, coalesce(new.released_at, new.engaged_at), jsonb_build_object(
      'brakeId', new.brake_id,
      'scope', case when new.group_name is null then 'all' else 'group' end,
      'since', safeband.iso(new.engaged_at),
      'actor', coalesce(new.released_by, new.engaged_by),
      'reason', coalesce(new.released_reason, new.engaged_reason)))
  on conflict do nothing;
  return null;
exception when others then
  -- The trace of the brake is written in any case.
  raise warning 'safeband: an event of the brake % was not written: %', new.brake_id, sqlerrm;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_breaker(was safeband.accounts, new safeband.accounts)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  ends timestamptz := was.breaker_until;
  told record;
begin
  if was.is_edited then
    select * into told from safeband.told_last(new.account_id, '{no_credits, credits.restored}');
    ends := case when told.type = 'no_credits' then (told.data->>'until')::timestamptz end;
  end if;
  if ends is not distinct from new.breaker_until then return; end if;
  if ends <= new.updated_at then
    -- The row keeps an end for months: one from before the endpoints is no news, as for the sender.
    if ends > new.updated_at - interval '15 days'
      and ends > (select min(created_at) from safeband.webhook_endpoints) then
      perform safeband.tell_webhook(new.account_id, 'credits.restored', safeband.iso(ends), ends,
        jsonb_build_object('until', safeband.iso(ends)));
    end if;
  elsif ends is not null and coalesce(new.breaker_until <= new.updated_at, true) then
    perform safeband.tell_webhook(new.account_id, 'credits.restored',
      safeband.iso(ends) || ' ' || safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('until', safeband.iso(ends)));
  end if;
  if new.breaker_until > new.updated_at then
    perform safeband.tell_webhook(new.account_id, 'no_credits',
      safeband.iso(new.breaker_until) || ' ' || safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('until', safeband.iso(new.breaker_until)));
  end if;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform pg_notify('safeband_changes', new.account_id);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_changes(was safeband.accounts, new safeband.accounts, is_new boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform safeband.tell_connection(was, new, is_new);
  if new.counter_day > was.counter_day then
    perform safeband.tell_webhook(new.account_id, 'reset.done',
      to_char(new.counter_day, 'YYYY-MM-DD'),
      new.updated_at, jsonb_build_object('quotaDay', new.counter_day,
        'previousQuotaDay', was.counter_day, 'carried', new.carried, 'rampDay', new.ramp_day));
  end if;
  if was.is_edited or new.cooldown_until is distinct from was.cooldown_until then
    perform safeband.tell_cooldown(was, new);
  end if;
  perform safeband.tell_hold(was, new);
  perform safeband.tell_breaker(was, new);
  perform safeband.tell_thresholds(was, new);
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_connection(was safeband.accounts, new safeband.accounts, is_new boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  was_gone boolean := was.state = 'disconnected';
  told record;
begin
  if was.is_edited then
    select * into told
      from safeband.told_last(new.account_id, '{account.connected, account.disconnected}');
    was_gone := coalesce(told.type = 'account.disconnected', new.state = 'disconnected');
  end if;
  if new.state <> 'disconnected' and (is_new or was_gone) then
    perform safeband.tell_webhook(new.account_id, 'account.connected',
      safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('tier', new.tier, 'reconnected', not is_new));
  elsif new.state = 'disconnected' and not is_new and not was_gone then
    perform safeband.tell_webhook(new.account_id, 'account.disconnected',
      safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('inFlight', new.in_flight));
  end if;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_cooldown(was safeband.accounts, new safeband.accounts)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  ends timestamptz := was.cooldown_until;
  cause text := was.cooldown_cause;
  told record;
begin
  if was.is_edited then
    select * into told
      from safeband.told_last(new.account_id, '{cooldown.started, cooldown.ended}');
    ends := case when told.type = 'cooldown.started' then (told.data->>'until')::timestamptz end;
    cause := told.data->>'cause';
  end if;
  if ends is not null and ends is distinct from new.cooldown_until then
    if ends <= new.updated_at then
      perform safeband.tell_webhook(new.account_id, 'cooldown.ended', safeband.iso(ends), ends,
        jsonb_build_object('cause', cause, 'until', safeband.iso(ends)));
      ends := null;
    elsif new.cooldown_until is null or new.cooldown_until <= new.updated_at then
      perform safeband.tell_webhook(new.account_id, 'cooldown.ended',
        safeband.iso(ends) || ' ' || safeband.iso(new.updated_at), new.updated_at,
        jsonb_build_object('cause', cause, 'until', safeband.iso(ends)));
      ends := null;
    end if;
  end if;
  if new.cooldown_until > new.updated_at and new.cooldown_until is distinct from ends then
    perform safeband.tell_webhook(new.account_id, 'cooldown.started',
      safeband.iso(new.cooldown_until) || ' ' || safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('cause', new.cooldown_cause, 'until', safeband.iso(new.cooldown_until),
        'previousUntil', safeband.iso(ends)));
  end if;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_deletion()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  update safeband.accounts set is_edited = true
   where account_id = old.account_id and not safeband.is_past(old, counter_day);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_drift()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if not exists (select from safeband.webhook_endpoints) then return null; end if;
  perform safeband.tell_webhook(new.account_id, 'drift.alert', safeband.iso(new.raised_at),
    new.raised_at, jsonb_build_object('quotaDay', new.quota_day, 'severity', new.severity,
      'drift', new.details->'drift', 'counter', new.details->'counter',
      'healedTo', new.details->'after', 'parts', coalesce((
        select jsonb_agg(jsonb_build_object('cause', part->'cause', 'count', part->'count'))
          from jsonb_array_elements(new.details->'parts') part), '[]')));
  return null;
exception when others then
  raise warning 'safeband: an event of % was not written: %', new.account_id, sqlerrm;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_edit()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  new.is_edited := new.recorded_at is not distinct from old.recorded_at;
  new.saved_row := null;
  if new.is_edited then
    new.owner_version := old.owner_version; -- a claim alone sets it: no save would write it back
    -- A row that was edited before this migration has no values of its last save.
    new.saved_row := case when old.is_edited then old.saved_row else safeband.values_of(old) end;
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_hold(was safeband.accounts, new safeband.accounts)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  since text := safeband.iso(was.hold_since);
begin
  if was.is_edited then
    select case when e.type = 'account.held' then e.key end into since
      from safeband.webhook_events e
     where coalesce(e.account_id, e.endpoint_id) = new.account_id
       and e.type in ('account.held', 'account.resumed')
     order by number desc limit 1;
  end if;
  if since is not distinct from safeband.iso(new.hold_since) then return; end if;
  if since is not null then
    -- A second hold changes nothing, so another hold means that the first has ended.
    perform safeband.tell_webhook(new.account_id, 'account.resumed', since,
      coalesce(new.hold_since, new.updated_at), jsonb_build_object('heldSince', since));
  end if;
  if new.hold_since is not null then
    -- What was written as the reason stays here: it may name somebody, or another account.
    perform safeband.tell_webhook(new.account_id, 'account.held', safeband.iso(new.hold_since),
      new.hold_since, jsonb_build_object(
        'by', case when new.hold_actor = 'safeband' then 'safeband' else 'operator' end,
        'reason', case when new.hold_actor = 'safeband' then
          case when new.hold_reason like 'restricted%' then 'restricted'
            when new.hold_reason like 'too many rows%' then 'too_many_rows'
            else 'identity_in_use' end end));
  end if;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_rewrite()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if safeband.is_erasing() and safeband.only_erased(to_jsonb(old), to_jsonb(new),
    '{recipient_id,recipient_key,chat_id,message_id}') then
    return null;
  end if;
  update safeband.accounts set is_edited = true where account_id = new.account_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_thresholds(was safeband.accounts, new safeband.accounts)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  used int := new.inmails_sent_today + new.carried;
  used_before int := 0;
  cap int;
  cap_before int;
  earlier int;
  percent int;
begin
  if used = 0 then return; end if;
  -- A carried slot is in `used` already.
  select week.counters - case when new.carried > 0 then week.carried_of_week else 0 end
    into earlier
    from safeband.week_before(new.account_id, new.counter_day, null, null) week;
  cap := safeband.cap_of(new, earlier);
  if 100 * used < 80 * cap then return; end if;
  if was.counter_day = new.counter_day and not was.is_edited then
    used_before := was.inmails_sent_today + was.carried;
    cap_before := safeband.cap_of(was, earlier);
  end if;
  foreach percent in array '{80, 95, 100}'::int[] loop
    exit when 100 * used < percent * cap;
    continue when used_before > 0 and 100 * used_before >= percent * cap_before;
    perform safeband.tell_webhook(new.account_id, 'threshold.reached',
      to_char(new.counter_day, 'YYYY-MM-DD') || '/' || cap || '/' || percent, new.updated_at,
      jsonb_build_object('quotaDay', new.counter_day, 'percent', percent, 'used', used,
        'counter', new.inmails_sent_today, 'carried', new.carried, 'cap', cap));
  end loop;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_waiting()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  slot record;
begin
  if new.state = 'granted' then
    select r.quota_day, r.lease_expires_at into slot from safeband.reservations r
     where r.account_id = new.account_id and r.reservation_id = new.reservation_id;
    perform safeband.tell_webhook(new.account_id, 'slot.granted',
      new.reservation_id || ' ' || safeband.iso(new.asked_at), new.decided_at,
      jsonb_build_object('reservationId', new.reservation_id, 'campaignId', new.campaign_id,
        'quotaDay', slot.quota_day, 'leaseExpiresAt', safeband.iso(slot.lease_expires_at)));
  elsif new.state = 'denied' then
    perform safeband.tell_webhook(new.account_id, 'slot.expired',
      new.reservation_id || ' ' || safeband.iso(new.asked_at), new.decided_at,
      jsonb_build_object('reservationId', new.reservation_id, 'campaignId', new.campaign_id,
        'reason', new.reason));
  end if;
  return new;
end $function$;

CREATE OR REPLACE FUNCTION safeband.tell_webhook(account text, type text, key text, at timestamp with time zone, data jsonb)
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into safeband.webhook_events (account_id, group_name, type, key, at, data)
  values (account,
    (select a.group_name from safeband.accounts a where a.account_id = tell_webhook.account),
    type, key, at, data)
  on conflict do nothing
$function$;

CREATE OR REPLACE FUNCTION safeband.told_last(account text, types text[])
 RETURNS TABLE(type text, data jsonb)
 LANGUAGE sql
 STABLE
AS $function$
  select type, data from safeband.webhook_events
   where coalesce(account_id, endpoint_id) = account and type = any(types)
   order by number desc limit 1
$function$;

CREATE OR REPLACE FUNCTION safeband.utc_day(at timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select (at at time zone 'UTC')::date $function$;

CREATE OR REPLACE FUNCTION safeband.values_of(a safeband.accounts)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET "TimeZone" TO 'UTC'
AS $function$
  select pg_catalog.to_jsonb(a) - array['account_id', 'owner', 'owner_version', 'recorded_at',
    'is_edited', 'edits', 'saved_row', 'hot_since', 'last_checked_at', 'last_write',
    'last_write_mark', 'last_run', 'saved_run_id', 'run_id', 'run_events', 'identity_normal',
    'identity_number', 'identity_compared']
$function$;

CREATE OR REPLACE FUNCTION safeband.velocity_cap(a safeband.accounts, day date, open_counter integer)
 RETURNS integer
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case when a.velocity is not null then (
    select greatest((a.velocity->>'floor')::int,
             (round((a.velocity->>'factor')::numeric * 100)::bigint * sum(last.sent)
               / (100 * count(*)))::int)
      from (select known.sent
              from (select x.day, x.sent
                      from jsonb_to_recordset(coalesce(a.sent_days, '[]')) x(day int, sent int)
                    union all
                    select safeband.day_no(a.counter_day), open_counter
                     where a.counter_day < velocity_cap.day) known
             where known.sent > 0 and known.day >= safeband.day_no(velocity_cap.day) - 28
             order by known.day desc limit 7) last) end
$function$;

CREATE OR REPLACE FUNCTION safeband.week_before(account safeband.account_id, day date, open_day date, open_counter integer)
 RETURNS TABLE(counters integer, carried integer, carried_of_week integer)
 LANGUAGE sql
 STABLE
AS $function$
  select week.counters, into_day.carried, into_day.carried_of_week
    from (select coalesce(sum(coalesce(open.counter, closed.counter)), 0)::int as counters
            from (select d.counter, d.quota_day from safeband.account_days d
                   where d.account_id = account and d.quota_day between day - 6 and day - 1
                 ) closed
            full join (select open_counter as counter, open_day as quota_day
                        where open_day between day - 6 and day - 1) open using (quota_day)
         ) week,
         (select count(*)::int as carried,
                 (count(*) filter (where r.quota_day between day - 6 and day - 1))::int
                   as carried_of_week
            from safeband.reservations r
           where r.account_id = account and r.carried_into = day and r.state <> 'released'
         ) into_day
$function$;

CREATE OR REPLACE FUNCTION safeband.whole_chat(account text, reservation text, id text)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case when id like 'sha256:%' then coalesce(
    (select safeband.whole_of(id, r.chat_id) from safeband.reservations r
      where r.account_id = account and r.reservation_id = reservation),
    (select safeband.whole_of(id, a.chat_id) from safeband.send_attempts a
      where a.account_id = account and a.reservation_id = reservation),
    (select e.chat_id::text from safeband.inmail_events e
      where e.account_id = account
        and safeband.fingerprint(e.chat_id) = safeband.fingerprint(id) limit 1),
    id) else id end
$function$;

CREATE OR REPLACE FUNCTION safeband.whole_message(account text, reservation text, chat text, id text)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case when id like 'sha256:%' then coalesce(
    (select safeband.whole_of(id, r.message_id) from safeband.reservations r
      where r.account_id = account and r.reservation_id = reservation),
    (select safeband.whole_of(id, a.message_id) from safeband.send_attempts a
      where a.account_id = account and a.reservation_id = reservation),
    (select e.message_id::text from safeband.inmail_events e
      where e.account_id = account
        and safeband.fingerprint(e.chat_id) = safeband.fingerprint(chat)
        and safeband.fingerprint(coalesce(e.message_id, '')) = safeband.fingerprint(id) limit 1),
    id) else id end
$function$;

CREATE OR REPLACE FUNCTION safeband.whole_of(id text, known text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when safeband.fingerprint(id) = safeband.fingerprint(known) then known end
$function$;

CREATE OR REPLACE FUNCTION safeband.whole_recipient(account text, reservation text, id text)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
  select case when id like 'sha256:%' or id like 'bare:%' then coalesce(
    (select r.recipient_id from safeband.reservations r
      where r.account_id = account and r.reservation_id = reservation), id) else id end
$function$;
