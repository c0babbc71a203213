-- Who read and wrote what through Databricks: system.access.audit joined with the record, {{.Since}} to {{.Until}}.
-- An access belongs to whoever had a token for the workspace then, by the name that the workspace knows its bearer by. Nothing tells
-- what was done with the token from what was done in the workspace's pages, so that it has a person, and no run, machine or role. What
-- several people may have done, and what happened outside a token's life, is joined to nobody.
WITH record AS (
  SELECT
{{- range .Fields}}
    COALESCE(get_json_object(line, '$.unmapped.dbxaccess.{{.Member}}'), '') AS {{.Column}},
{{- end}}
    CAST(get_json_object(line, '$.unmapped.dbxaccess.chain.seq') AS BIGINT) AS seq,
{{- range .Times}}
    unix_timestamp(TRY_CAST(regexp_replace(get_json_object(line, '$.unmapped.dbxaccess.{{.Member}}'), '[.][0-9]+', '') AS TIMESTAMP)) AS {{.Column}},
{{- end}}
    get_json_object(line, '$.unmapped.dbxaccess.activity') AS activity,
    get_json_object(line, '$.unmapped.dbxaccess.refused') IS NOT NULL AS refused
  FROM {{name .Record}}
  WHERE day >= {{.RecordFrom}} AND day <= {{.RecordUntil}}
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
  WHERE activity IN ({{texts .Issuing}}) AND NOT refused AND workspace <> '' AND told_at IS NOT NULL AND expires_at IS NOT NULL
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
    COALESCE({{range .Place}}NULLIF(try_element_at(request_params, {{text .}}), ''), {{end}}'') AS object,
    COALESCE({{range .Address}}NULLIF(try_element_at(request_params, {{text .}}), ''), {{end}}'') AS location,
    COALESCE({{range .Operation}}NULLIF(try_element_at(request_params, {{text .}}), ''), {{end}}'') AS operation,
    COALESCE(action_name, '') AS action_name
  FROM {{name .Log}}
  WHERE event_date >= {{.LogFrom}} AND event_date <= {{.LogUntil}}
),
numbered AS (
  SELECT said.*, ROW_NUMBER() OVER (PARTITION BY id ORDER BY time) AS copy
  FROM said
  WHERE (object <> '' OR location LIKE 's3://%') AND (moment IS NULL OR moment >= {{.SinceSeconds}} AND moment < {{.UntilSeconds}})
),
placed AS (
  SELECT
    numbered.*,
    CASE WHEN location LIKE 's3://%/%' THEN regexp_extract(location, '^s3://([^/]*)/(.*)$', 1) ELSE '' END AS bucket,
    CASE WHEN location LIKE 's3://%/%' THEN regexp_extract(location, '^s3://([^/]*)/(.*)$', 2) ELSE '' END AS key,
    CASE
      WHEN operation LIKE '%WRITE%' THEN 'write'
      WHEN operation LIKE '%READ%' THEN 'read'
{{- range .ActionVerbs}}
      WHEN action_name LIKE '{{.Prefix}}%' THEN '{{.Verb}}'
{{- end}}
      ELSE 'read'
    END AS verb
  FROM numbered
),
matched AS (
  SELECT
    placed.*,
    {{template "dataset" .}} AS dataset,
    lookups.name AS found,
    lookups.begins - {{.Skew}} <= placed.moment AND placed.moment <= lookups.ends AS lived,
    lookups.begins - {{.Skew}} <= placed.moment AND placed.moment <= lookups.ends
      AND (lookups.workspace_id = '' OR placed.workspace IN ('', '0', lookups.workspace_id)) AS live,
    lookups.principal, lookups.subject, lookups.person_name, lookups.identity, lookups.issuer
  FROM placed LEFT JOIN lookups ON lookups.name = placed.bearer
),
answers AS (
  SELECT
    id, copy,
{{- range .Kept}}
    any_value({{.}}) AS {{.}},
{{- end}}
    any_value(bearer) AS bearer,
    MAX(found) AS found,
    MAX(CASE WHEN lived THEN 1 ELSE 0 END) AS lived,
    MAX(CASE WHEN live THEN 1 ELSE 0 END) AS living,
    MAX(CASE WHEN live AND principal THEN 1 ELSE 0 END) AS principal,
    MIN(CASE WHEN live THEN identity || chr(10) || issuer || chr(10) || subject END)
      <> MAX(CASE WHEN live THEN identity || chr(10) || issuer || chr(10) || subject END) AS ambiguous
{{- range .Common}}{{if not .Ways}},
    CASE WHEN MIN(CASE WHEN live THEN {{.Column}} END) = MAX(CASE WHEN live THEN {{.Column}} END) THEN MIN(CASE WHEN live THEN {{.Column}} END) END AS {{.Column}}
{{- end}}{{end}}
  FROM matched
  GROUP BY id, copy
),
reasoned AS (
  SELECT
    answers.*,
    CASE
      WHEN moment IS NULL THEN '{{.NoTime}}'
      WHEN ambiguous THEN '{{.Ambiguous}}'
      WHEN living = 1 THEN ''
      WHEN bearer = '' THEN '{{.NoIdentity}}'
      WHEN lived = 1 THEN '{{.Contradictory}}'
      WHEN found IS NOT NULL THEN '{{.OutsideLife}}'
      ELSE '{{.NotIssued}}'
    END AS not_joined
  FROM answers
),
told_once AS ( -- each event counts once
  SELECT reasoned.*, ROW_NUMBER() OVER (PARTITION BY id ORDER BY time, copy) AS nth
  FROM reasoned
  WHERE dataset <> '' OR not_joined NOT IN ('{{.NotIssued}}', '{{.NoIdentity}}')
)
SELECT
  time,
  'databricks' AS log,
  event_id, action, verb, dataset,
  CASE WHEN object <> '' THEN object ELSE location END AS place,
  CASE WHEN status >= 400 THEN CAST(status AS STRING) ELSE '' END AS refused,
  address,
{{- range .Common}}
  {{if .Ways}}''{{else}}CASE WHEN not_joined = '' THEN COALESCE({{.Column}}, '') ELSE '' END{{end}} AS {{alias .Column}},
{{- end}}
  CASE WHEN living = 0 THEN '' WHEN principal = 1 THEN '{{.ByPrincipal}}' ELSE '{{.ByUser}}' END AS joined_by,
  not_joined
FROM told_once
WHERE nth = 1
ORDER BY time, event_id;
{{define "dataset"}}CASE
{{- range .Locations}}
      WHEN placed.bucket = {{text .Bucket}} AND startswith(placed.key, {{text .Prefix}}) THEN {{text .Dataset}}
{{- end}}
      WHEN TRUE THEN ''
    END{{end -}}
