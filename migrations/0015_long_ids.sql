-- A workflow carries LinkedIn's ids of more than 64 bytes as fingerprints: `sha256:` and the digest
-- as base64. Rows keep the id itself: a fingerprint never takes the place of the id that it stands
-- for, and a proof that is told once in full and once by its fingerprint is one proof.

create or replace function safeband.fingerprint(id text) returns bytea
  language sql immutable strict parallel safe as $$
  select case when id ~ '^sha256:[A-Za-z0-9+/]{43}=$'
    then pg_catalog.decode(pg_catalog.substr(id, 8), 'base64')
    else pg_catalog.sha256(pg_catalog.convert_to(id, 'UTF8')) end
$$;

-- What a row should say where it said `old` and is told `new`: the id itself, if one of them is it.
create function safeband.whole_id(new text, old text) returns text
  language sql immutable parallel safe as $$
  select case when new like 'sha256:%' and old is not null
      and safeband.fingerprint(new) = safeband.fingerprint(old) then old else new end
$$;
