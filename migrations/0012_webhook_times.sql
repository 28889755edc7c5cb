-- A replay from an instant on looks for the first event since then.
create index webhook_events_at on safeband.webhook_events (at);
