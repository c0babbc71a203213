-- The record, as `audit ship` writes it into a bucket whose sink is partitioned by day. Run once; the place has to be in an external
-- location that you may create tables in.
CREATE TABLE IF NOT EXISTS `main`.`dbxaccess_record` (
  line STRING,
  day DATE
)
USING TEXT
PARTITIONED BY (day)
LOCATION 's3://acme-audit/dbxaccess/';

-- Who read and wrote what through Databricks: system.access.audit joined with the record, 2026-11-01 00:00:00 to 2026-12-01 00:00:00.
-- An access belongs to whoever had a token for the workspace then, by the name that the workspace knows its bearer by. Nothing tells
-- what was done with the token from what was done in the workspace's pages, so that it has a person, and no run, machine or role. What
-- several people may have done, and what happened outside a token's life, is joined to nobody.
WITH record AS (
  SELECT
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.identity'), '') AS identity,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.issuer'), '') AS issuer,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.subject'), '') AS subject,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.person_name'), '') AS own_name,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.role'), '') AS role,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.group'), '') AS rule,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.session_name'), '') AS session,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.access_key_id'), '') AS key_id,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.parent_access_key_id'), '') AS parent,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.source_identity'), '') AS source,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.role_arn'), '') AS role_arn,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.permission_set'), '') AS permission_set,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.run'), '') AS run,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.hostname'), '') AS host,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.agent'), '') AS agent,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.reason'), '') AS reason,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.host'), '') AS workspace,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.workspace_id'), '') AS workspace_id,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.service_principal'), '') AS service_principal,
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.chain.uid'), '') AS chain,
    CAST(get_json_object(line, '$.unmapped.dbxaccess.chain.seq') AS BIGINT) AS seq,
    unix_timestamp(TRY_CAST(regexp_replace(get_json_object(line, '$.unmapped.dbxaccess.time'), '[.][0-9]+', '') AS TIMESTAMP)) AS told_at,
    unix_timestamp(TRY_CAST(regexp_replace(get_json_object(line, '$.unmapped.dbxaccess.since'), '[.][0-9]+', '') AS TIMESTAMP)) AS since_at,
    unix_timestamp(TRY_CAST(regexp_replace(get_json_object(line, '$.unmapped.dbxaccess.expires'), '[.][0-9]+', '') AS TIMESTAMP)) AS expires_at,
    get_json_object(line, '$.unmapped.dbxaccess.activity') AS activity,
    get_json_object(line, '$.unmapped.dbxaccess.refused') IS NOT NULL AS refused
  FROM `main`.`dbxaccess_record`
  WHERE day >= DATE '2026-10-30' AND day <= DATE '2026-12-03'
),
people AS ( -- each record, with the name that its person has last
  SELECT
    record.*,
    FIRST_VALUE(called) OVER (PARTITION BY issuer, subject ORDER BY CASE WHEN called = '' OR told_at IS NULL THEN 1 ELSE 0 END, told_at DESC, called DESC) AS person_name
  FROM (
    SELECT
      record.*,
      CASE WHEN subject = '' THEN '' WHEN own_name <> '' THEN own_name ELSE split_part(session, ',', 1) END AS called
    FROM record
  ) AS record
),
told AS (
  SELECT
    people.*,
    lower(CASE WHEN service_principal <> '' THEN service_principal ELSE subject END) AS bearer,
    CASE WHEN since_at < told_at THEN since_at ELSE told_at END AS used_from
  FROM people
  WHERE activity IN ('assume-role', 'step', 'exchange-token', 'vend', 'serve', 'console') AND NOT refused AND workspace <> '' AND told_at IS NOT NULL AND expires_at IS NOT NULL
),
tokens AS (
  SELECT
    bearer, workspace_id, identity, issuer, subject, person_name, service_principal <> '' AS shared, expires_at AS ends,
    MIN(used_from) OVER (PARTITION BY bearer, workspace_id, identity, issuer, subject, role, expires_at) AS begins,
    lower(FIRST_VALUE(session) OVER (PARTITION BY bearer, workspace_id, identity, issuer, subject, role, expires_at ORDER BY told_at, chain, seq)) AS session_name
  FROM told
),
lookups AS (
  SELECT bearer AS name, shared AS principal, workspace_id, identity, issuer, subject, person_name, begins, ends FROM tokens WHERE bearer <> ''
  UNION ALL
  SELECT session_name AS name, false AS principal, workspace_id, identity, issuer, subject, person_name, begins, ends FROM tokens WHERE session_name <> '' AND session_name <> bearer
),
said AS (
  SELECT
    COALESCE(NULLIF(event_id, ''), CAST(uuid() AS STRING)) AS id,
    COALESCE(event_id, '') AS event_id,
    event_time AS time,
    unix_timestamp(event_time) AS moment,
    COALESCE(service_name, '') || '.' || COALESCE(action_name, '') AS action,
    COALESCE(source_ip_address, '') AS address,
    COALESCE(CAST(workspace_id AS STRING), '') AS workspace,
    lower(COALESCE(NULLIF(user_identity.email, ''), user_identity.subject_name, '')) AS bearer,
    COALESCE(response.status_code, 0) AS status,
    COALESCE(NULLIF(try_element_at(request_params, 'table_full_name'), ''), NULLIF(try_element_at(request_params, 'full_name_arg'), ''), NULLIF(try_element_at(request_params, 'volume_full_name'), ''), NULLIF(try_element_at(request_params, 'name_arg'), ''), '') AS object,
    COALESCE(NULLIF(try_element_at(request_params, 'url'), ''), NULLIF(try_element_at(request_params, 'path'), ''), NULLIF(try_element_at(request_params, 'table_url'), ''), '') AS location,
    COALESCE(NULLIF(try_element_at(request_params, 'operation'), ''), NULLIF(try_element_at(request_params, 'requested_access'), ''), '') AS operation,
    COALESCE(action_name, '') AS action_name
  FROM `main`.`logged`
  WHERE event_date >= DATE '2026-11-01' AND event_date <= DATE '2026-12-01'
),
numbered AS (
  SELECT said.*, ROW_NUMBER() OVER (PARTITION BY id ORDER BY time) AS copy
  FROM said
  WHERE (object <> '' OR location LIKE 's3://%') AND (moment IS NULL OR moment >= 1793491200 AND moment < 1796083200)
),
placed AS (
  SELECT
    numbered.*,
    CASE WHEN location LIKE 's3://%/%' THEN regexp_extract(location, '^s3://([^/]*)/(.*)$', 1) ELSE '' END AS bucket,
    CASE WHEN location LIKE 's3://%/%' THEN regexp_extract(location, '^s3://([^/]*)/(.*)$', 2) ELSE '' END AS key,
    CASE
      WHEN operation LIKE '%WRITE%' THEN 'write'
      WHEN operation LIKE '%READ%' THEN 'read'
      WHEN action_name LIKE 'delete%' THEN 'delete'
      WHEN action_name LIKE 'create%' THEN 'write'
      WHEN action_name LIKE 'update%' THEN 'write'
      WHEN action_name LIKE 'put%' THEN 'write'
      WHEN action_name LIKE 'write%' THEN 'write'
      ELSE 'read'
    END AS verb
  FROM numbered
),
matched AS (
  SELECT
    placed.*,
    CASE
      WHEN placed.bucket = 'acme-ml' AND startswith(placed.key, 'churn/labels/') THEN 'labels'
      WHEN placed.bucket = 'acme-ml' AND startswith(placed.key, 'churn/') THEN 'churn'
      WHEN TRUE THEN ''
    END AS dataset,
    lookups.name AS found,
    lookups.begins - 300 <= placed.moment AND placed.moment <= lookups.ends AS lived,
    lookups.begins - 300 <= placed.moment AND placed.moment <= lookups.ends
      AND (lookups.workspace_id = '' OR placed.workspace IN ('', '0', lookups.workspace_id)) AS live,
    lookups.principal, lookups.subject, lookups.person_name, lookups.identity, lookups.issuer
  FROM placed LEFT JOIN lookups ON lookups.name = placed.bearer
),
answers AS (
  SELECT
    id, copy,
    any_value(event_id) AS event_id,
    any_value(time) AS time,
    any_value(moment) AS moment,
    any_value(action) AS action,
    any_value(address) AS address,
    any_value(status) AS status,
    any_value(object) AS object,
    any_value(location) AS location,
    any_value(verb) AS verb,
    any_value(dataset) AS dataset,
    any_value(bearer) AS bearer,
    MAX(found) AS found,
    MAX(CASE WHEN lived THEN 1 ELSE 0 END) AS lived,
    MAX(CASE WHEN live THEN 1 ELSE 0 END) AS living,
    MAX(CASE WHEN live AND principal THEN 1 ELSE 0 END) AS principal,
    MIN(CASE WHEN live THEN identity || chr(10) || issuer || chr(10) || subject END)
      <> MAX(CASE WHEN live THEN identity || chr(10) || issuer || chr(10) || subject END) AS ambiguous,
    CASE WHEN MIN(CASE WHEN live THEN subject END) = MAX(CASE WHEN live THEN subject END) THEN MIN(CASE WHEN live THEN subject END) END AS subject,
    CASE WHEN MIN(CASE WHEN live THEN person_name END) = MAX(CASE WHEN live THEN person_name END) THEN MIN(CASE WHEN live THEN person_name END) END AS person_name,
    CASE WHEN MIN(CASE WHEN live THEN identity END) = MAX(CASE WHEN live THEN identity END) THEN MIN(CASE WHEN live THEN identity END) END AS identity,
    CASE WHEN MIN(CASE WHEN live THEN issuer END) = MAX(CASE WHEN live THEN issuer END) THEN MIN(CASE WHEN live THEN issuer END) END AS issuer
  FROM matched
  GROUP BY id, copy
),
reasoned AS (
  SELECT
    answers.*,
    CASE
      WHEN moment IS NULL THEN 'no-time'
      WHEN ambiguous THEN 'ambiguous'
      WHEN living = 1 THEN ''
      WHEN bearer = '' THEN 'no-identity'
      WHEN lived = 1 THEN 'contradictory'
      WHEN found IS NOT NULL THEN 'outside-life'
      ELSE 'not-issued'
    END AS not_joined
  FROM answers
),
told_once AS ( -- each event counts once
  SELECT reasoned.*, ROW_NUMBER() OVER (PARTITION BY id ORDER BY time, copy) AS nth
  FROM reasoned
  WHERE dataset <> '' OR not_joined NOT IN ('not-issued', 'no-identity')
)
SELECT
  time,
  'databricks' AS log,
  event_id, action, verb, dataset,
  CASE WHEN object <> '' THEN object ELSE location END AS place,
  CASE WHEN status >= 400 THEN CAST(status AS STRING) ELSE '' END AS refused,
  address,
  CASE WHEN not_joined = '' THEN COALESCE(subject, '') ELSE '' END AS person,
  CASE WHEN not_joined = '' THEN COALESCE(person_name, '') ELSE '' END AS person_name,
  CASE WHEN not_joined = '' THEN COALESCE(identity, '') ELSE '' END AS identity,
  CASE WHEN not_joined = '' THEN COALESCE(issuer, '') ELSE '' END AS issuer,
  '' AS role,
  '' AS rule,
  '' AS run,
  '' AS host,
  '' AS agent,
  '' AS reason,
  '' AS session_name,
  CASE WHEN living = 0 THEN '' WHEN principal = 1 THEN 'service-principal' ELSE 'user' END AS joined_by,
  not_joined
FROM told_once
WHERE nth = 1
ORDER BY time, event_id;
