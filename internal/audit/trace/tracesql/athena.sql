-- Who read and wrote what in S3: CloudTrail joined with the record, {{.Since}} to {{.Until}}.
-- An access belongs to the credentials that fit first: by access key, by the key that they were made of, by origin identity, by
-- source identity, by session name with the role. The last two, which whoever takes a role may choose, lead only to credentials
-- whose key the record does not have, as the console's. What several people may have done, and what happened outside a credential's
-- life, is joined to nobody. Only a key tells of a run.
WITH record AS (
  SELECT
{{- range .Fields}}
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.{{.Member}}'), '') AS {{.Column}},
{{- end}}
    CAST(json_extract_scalar(line, '$.unmapped.dbxaccess.chain.seq') AS BIGINT) AS seq,
{{- range .Times}}
    CAST(to_unixtime(TRY(from_iso8601_timestamp(regexp_replace(json_extract_scalar(line, '$.unmapped.dbxaccess.{{.Member}}'), '[.][0-9]+', '')))) AS BIGINT) AS {{.Column}},
{{- end}}
    json_extract_scalar(line, '$.unmapped.dbxaccess.activity') AS activity,
    json_extract(line, '$.unmapped.dbxaccess.refused') IS NOT NULL AS refused
  FROM {{name .Record}}
  WHERE day >= {{text .RecordFrom}} AND day <= {{text .RecordUntil}}
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
    CASE WHEN console THEN '' ELSE key_id END AS own_key,
    CASE WHEN console THEN '' ELSE parent END AS own_parent,
    CASE WHEN key_id <> '' AND NOT console THEN 'key ' || key_id ELSE 'line ' || chain || ' ' || CAST(seq AS VARCHAR) || CASE WHEN console THEN ' console' ELSE '' END END AS credential,
    identity || chr(10) || issuer || chr(10) || role || chr(10) || subject AS whose,
    subject AS origin, -- AWS has the subject of the ID token
    CASE
      WHEN regexp_like(role_arn, {{text .PermissionSet}})
        THEN regexp_extract(role_arn, {{text .PermissionSet}}, 1) || '/' || regexp_extract(role_arn, {{text .PermissionSet}}, 2)
      WHEN role_arn <> '' THEN role_arn
      ELSE permission_set
    END AS session_role,
    CASE WHEN since_at < told_at THEN since_at ELSE told_at END AS used_from
  FROM people CROSS JOIN (VALUES (false), (true)) AS sessions (console) -- a link to the console is of a session by keys of its own, too
  WHERE (NOT console OR activity = '{{.Console}}') AND activity IN ({{texts .Issuing}}) AND NOT refused AND workspace = '' AND told_at IS NOT NULL AND expires_at IS NOT NULL
),
uses AS ( -- each record, with what holds of the credential that it tells of
  SELECT
    used_from, run, host, agent, reason,
    MIN(used_from) OVER (PARTITION BY credential) AS begins,
    MAX(expires_at) OVER (PARTITION BY credential) AS ends,
    MIN(whose) OVER (PARTITION BY credential) <> MAX(whose) OVER (PARTITION BY credential) AS disputed
{{- range .First}},
    FIRST_VALUE({{.}}) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS {{.}}
{{- end}}
  FROM told
),
lookups AS (
  SELECT *
  FROM (
    SELECT
      ways.way,
      CASE ways.way
        WHEN 1 THEN own_key
        WHEN 2 THEN own_parent
        WHEN 3 THEN origin
        WHEN 4 THEN source
        WHEN 5 THEN CASE WHEN session_role <> '' AND session <> '' THEN session_role || chr(10) || session ELSE '' END
      END AS name,
      uses.*
    FROM uses CROSS JOIN (VALUES (1), (2), (3), (4), (5)) AS ways (way)
  ) AS named
  WHERE name <> ''
),
keys AS (
  SELECT name, MIN(way) AS way FROM lookups WHERE way <= 2 GROUP BY name
),
said AS (
  SELECT
    COALESCE(NULLIF(sharedeventid, ''), NULLIF(eventid, ''), CAST(uuid() AS VARCHAR)) AS id,
    COALESCE(sharedeventid, '') <> '' AS shared,
    COALESCE(eventid, '') AS event_id,
    COALESCE(eventtime, '') AS event_time,
    CASE WHEN regexp_like(eventtime, '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$')
      THEN CAST(to_unixtime(TRY(from_iso8601_timestamp(regexp_replace(eventtime, '[.][0-9]+', '')))) AS BIGINT)
    END AS moment,
    COALESCE(eventname, '') AS action,
    COALESCE(errorcode, '') AS refused,
    COALESCE(awsregion, '') AS region,
    COALESCE(sourceipaddress, '') AS address,
    CASE
      WHEN NOT ({{range $i, $w := .ObjectWords}}{{if $i}} OR {{end}}eventname LIKE '%{{$w}}%'{{end}}) THEN ''
{{- range .ObjectVerbs}}
      WHEN eventname LIKE '{{.Prefix}}%' THEN '{{.Verb}}'
{{- end}}
      ELSE 'write'
    END AS verb,
    COALESCE(useridentity.accesskeyid, '') AS key_id,
    COALESCE(useridentity.principalid, '') AS principal,
    COALESCE(regexp_extract(useridentity.arn, ':assumed-role/[^/]*/(.*)$', 1), '') AS session,
    COALESCE(useridentity.sessioncontext.sessionissuer.arn, '') AS role_arn,
    COALESCE(useridentity.sessioncontext.sourceidentity, '') AS source,
    COALESCE(useridentity.sessioncontext.originidentity.subject, useridentity.originidentity.subject, '') AS origin,
    COALESCE(useridentity.sessioncontext.originidentity.issuer, useridentity.originidentity.issuer, '') AS origin_issuer,
    COALESCE(json_extract_scalar(requestparameters, '$.bucketName'), '') AS bucket,
    COALESCE(NULLIF(json_extract_scalar(requestparameters, '$.key'), ''), json_extract_scalar(requestparameters, '$.prefix'), '') AS key,
    COALESCE(json_extract_scalar(requestparameters, '$["x-amz-copy-source"]'), '') AS copied,
    COALESCE(
      element_at(filter(resources, r -> regexp_like(r.arn, ':s3:::[^/]+/')), 1).arn,
      element_at(filter(resources, r -> r.arn LIKE '%:s3:::%'), 1).arn,
      ''
    ) AS resource,
    TRY_CAST(json_extract_scalar(additionaleventdata, '$.bytesTransferredIn') AS DOUBLE) AS bytes_in,
    TRY_CAST(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS DOUBLE) AS bytes_out
  FROM {{name .Log}}
  WHERE day >= {{text .LogFrom}} AND day <= {{text .LogUntil}} AND eventsource = 's3.amazonaws.com'
),
numbered AS (
  SELECT
    said.*,
    TRY(url_decode(replace(split_part(copied, '?versionId=', 1), '+', '%2B'))) AS decoded,
    COALESCE(regexp_extract(resource, ':s3:::(.*)$', 1), '') AS named,
    ROW_NUMBER() OVER (PARTITION BY id ORDER BY event_time) AS copy
  FROM said
  WHERE verb <> '' AND (moment IS NULL OR moment >= {{.SinceSeconds}} AND moment < {{.UntilSeconds}})
),
placed AS ( -- a copy of an object reads another, too
  SELECT
    id || ' ' || parts.part AS counted,
    id || ' ' || parts.part || ' ' || CAST(copy AS VARCHAR) AS access,
    shared, event_id, event_time, moment, action, refused, region, address, key_id, session, source, origin, origin_issuer,
    session = '' OR principal NOT LIKE '%:%' OR session = COALESCE(regexp_extract(principal, '^[^:]*:(.*)$', 1), '') AS agrees,
    CASE
      WHEN regexp_like(role_arn, {{text .PermissionSet}})
        THEN regexp_extract(role_arn, {{text .PermissionSet}}, 1) || '/' || regexp_extract(role_arn, {{text .PermissionSet}}, 2)
      ELSE role_arn
    END AS session_role,
    CASE WHEN parts.part = 'from' THEN 'read' ELSE verb END AS verb,
    CASE WHEN parts.part = 'from' THEN NULL WHEN verb = 'write' THEN bytes_in ELSE bytes_out END AS bytes,
    CASE
      WHEN parts.part = 'from' THEN split_part(regexp_replace(COALESCE(decoded, split_part(copied, '?versionId=', 1)), '^/', ''), '/', 1)
      WHEN bucket <> '' AND bucket NOT LIKE 'arn:%' AND bucket NOT LIKE '%-s3alias' THEN bucket
      ELSE split_part(named, '/', 1)
    END AS bucket,
    CASE
      WHEN parts.part = 'from'
        THEN COALESCE(regexp_extract(regexp_replace(COALESCE(decoded, split_part(copied, '?versionId=', 1)), '^/', ''), '^[^/]*/(.*)$', 1), '')
      WHEN bucket <> '' AND bucket NOT LIKE 'arn:%' AND bucket NOT LIKE '%-s3alias' THEN key
      ELSE COALESCE(NULLIF(regexp_extract(named, '^[^/]*/(.*)$', 1), ''), key)
    END AS key
  FROM numbered CROSS JOIN (VALUES ('of'), ('from')) AS parts (part)
  WHERE parts.part = 'of' OR copied <> ''
),
matched AS (
  SELECT
    placed.*,
    {{template "dataset" .}} AS dataset,
    lookups.way AS way,
    lookups.begins, lookups.ends, lookups.used_from, lookups.disputed, lookups.own_key = '' AS unkeyed,
    lookups.identity || chr(10) || lookups.issuer || chr(10) || lookups.subject AS whose,
    lookups.subject, lookups.person_name, lookups.identity, lookups.issuer, lookups.role, lookups.rule,
    lookups.run, lookups.host, lookups.agent, lookups.reason, lookups.session AS session_name,
    lookups.way <= 2 OR (
      (placed.origin = '' OR lookups.origin = '' OR lookups.origin = placed.origin AND (
        placed.origin_issuer = '' OR {{template "bare" "lookups.issuer"}} = {{template "bare" "placed.origin_issuer"}}
      ))
      AND (placed.source = '' OR lookups.source = '' OR lookups.source = placed.source)
    ) AS fits
  FROM placed
  CROSS JOIN (VALUES (1), (2), (3), (4), (5)) AS ways (way)
  LEFT JOIN keys ON keys.name = placed.key_id
  LEFT JOIN lookups ON lookups.way = ways.way AND lookups.name = CASE ways.way
    WHEN 1 THEN placed.key_id
    WHEN 2 THEN placed.key_id
    WHEN 3 THEN CASE WHEN placed.agrees AND placed.origin_issuer <> '' THEN placed.origin END
    WHEN 4 THEN CASE WHEN placed.agrees THEN placed.source END
    WHEN 5 THEN CASE WHEN placed.agrees THEN placed.session_role || chr(10) || placed.session END
  END
  WHERE CASE WHEN keys.way IS NULL THEN ways.way >= 3 ELSE ways.way = keys.way END
),
lived AS (
  SELECT
    matched.*,
    MAX(CASE WHEN live AND disputed THEN 1 ELSE 0 END) OVER (PARTITION BY access, way) = 1
      OR MIN(CASE WHEN live THEN whose END) OVER (PARTITION BY access, way) <> MAX(CASE WHEN live THEN whose END) OVER (PARTITION BY access, way) AS several,
    MAX(CASE WHEN live AND (way <= 3 OR unkeyed) THEN 1 ELSE 0 END) OVER (PARTITION BY access, way) = 1 AS known
  FROM (
    SELECT matched.*, fits AND begins - {{.Skew}} <= moment AND moment <= ends AND used_from - {{.Skew}} <= moment AS live
    FROM matched
  ) AS matched
),
judged AS (
  SELECT
    lived.*,
    MIN(CASE WHEN live AND (several OR known) THEN way END) OVER (PARTITION BY access) AS chosen,
    live AND (way <= 3 OR unkeyed) AS tells
  FROM lived
),
answers AS (
  SELECT
    access,
{{- range .Kept}}
    arbitrary({{.}}) AS {{.}},
{{- end}}
    arbitrary(agrees) AS agrees,
    arbitrary(key_id || origin || source || session) AS caller,
    MAX(chosen) AS chosen,
    MAX(way) AS found,
    MAX(CASE WHEN fits THEN way END) AS fitting,
    MAX(CASE WHEN live THEN 1 ELSE 0 END) AS living,
    MAX(CASE WHEN way = chosen AND several THEN 1 ELSE 0 END) = 1 AS ambiguous
{{- range .Common}},
    CASE WHEN MIN(CASE WHEN tells AND way = chosen{{.Ways}} THEN {{.Column}} END) = MAX(CASE WHEN tells AND way = chosen{{.Ways}} THEN {{.Column}} END)
      THEN MIN(CASE WHEN tells AND way = chosen{{.Ways}} THEN {{.Column}} END) END AS {{.Column}}
{{- end}}
  FROM judged
  GROUP BY access
),
reasoned AS (
  SELECT
    answers.*,
    CASE
      WHEN moment IS NULL THEN '{{.NoTime}}'
      WHEN ambiguous THEN '{{.Ambiguous}}'
      WHEN chosen IS NOT NULL THEN ''
      WHEN living = 1 THEN '{{.NameOnly}}'
      WHEN fitting IS NOT NULL THEN '{{.OutsideLife}}'
      WHEN NOT agrees OR found IS NOT NULL THEN '{{.Contradictory}}'
      WHEN caller = '' THEN '{{.NoIdentity}}'
      ELSE '{{.NotIssued}}'
    END AS not_joined
  FROM answers
),
told_once AS ( -- copies of an event stand in several accounts and files, and one says more than another of who it was
  SELECT reasoned.*, ROW_NUMBER() OVER (
    PARTITION BY counted
    ORDER BY
      CASE WHEN shared THEN CASE{{range $n, $o := .Copies}} WHEN {{if $o.Why}}not_joined = '{{$o.Why}}'{{else}}not_joined = '' AND chosen = {{number $o.By}}{{end}} THEN {{$n}}{{end}} END END,
      event_time, access
  ) AS nth
  FROM reasoned
  WHERE dataset <> '' OR not_joined NOT IN ('{{.NotIssued}}', '{{.NoIdentity}}')
)
SELECT
  CASE WHEN moment IS NOT NULL THEN event_time ELSE '' END AS time,
  'cloudtrail' AS log,
  event_id, action, verb, dataset,
  's3://' || bucket || '/' || key AS place,
  CASE WHEN bytes BETWEEN 0 AND 1125899906842624 THEN CAST(floor(bytes) AS BIGINT) END AS bytes,
  refused, region, address,
{{- range .Common}}
  CASE WHEN not_joined = '' THEN COALESCE({{.Column}}, '') ELSE '' END AS {{alias .Column}},
{{- end}}
  key_id AS access_key_id,
  CASE chosen{{range .Ways}} WHEN {{.Number}} THEN '{{.By}}'{{end}} ELSE '' END AS joined_by,
  not_joined
FROM told_once
WHERE nth = 1
ORDER BY time, event_id, verb;
{{define "bare"}}regexp_replace(regexp_replace({{.}}, '^https://', ''), '/$', ''){{end -}}
{{define "dataset"}}CASE
{{- range .Locations}}
      WHEN placed.bucket = {{text .Bucket}} AND starts_with(placed.key, {{text .Prefix}}) THEN {{text .Dataset}}
{{- end}}
      WHEN TRUE THEN ''
    END{{end -}}
