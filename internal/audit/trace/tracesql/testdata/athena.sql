-- The record, as `audit ship` writes it into a bucket whose sink is partitioned by day. Run each statement by itself, once.
-- A line is a column: the character that would end it stands in no JSON.
CREATE EXTERNAL TABLE IF NOT EXISTS `main`.`dbxaccess_record` (
  `line` string
)
PARTITIONED BY (`day` string)
ROW FORMAT DELIMITED FIELDS TERMINATED BY '\001'
STORED AS TEXTFILE
LOCATION 's3://acme-audit/dbxaccess/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy-MM-dd',
  'projection.day.range' = '2015-01-01,NOW',
  'storage.location.template' = 's3://acme-audit/dbxaccess/day=${day}/'
);

-- What CloudTrail logged, in the region and account that its place names.
CREATE EXTERNAL TABLE IF NOT EXISTS `main`.`logged` (
  `eventtime` string,
  `eventsource` string,
  `eventname` string,
  `awsregion` string,
  `sourceipaddress` string,
  `errorcode` string,
  `eventid` string,
  `sharedeventid` string,
  `recipientaccountid` string,
  `useridentity` struct<
    type: string,
    principalid: string,
    arn: string,
    accountid: string,
    accesskeyid: string,
    originidentity: struct<subject: string, issuer: string>,
    sessioncontext: struct<
      sourceidentity: string,
      originidentity: struct<subject: string, issuer: string>,
      sessionissuer: struct<type: string, principalid: string, arn: string, accountid: string, username: string>>>,
  `requestparameters` string,
  `additionaleventdata` string,
  `resources` array<struct<arn: string, accountid: string, type: string>>
)
PARTITIONED BY (`day` string)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat' OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://acme-trail/AWSLogs/111122223333/CloudTrail/us-east-1/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.day.type' = 'date',
  'projection.day.format' = 'yyyy/MM/dd',
  'projection.day.range' = '2015/01/01,NOW',
  'storage.location.template' = 's3://acme-trail/AWSLogs/111122223333/CloudTrail/us-east-1/${day}/'
);

-- Who read and wrote what in S3: CloudTrail joined with the record, 2026-11-01 00:00:00 to 2026-12-01 00:00:00.
-- An access belongs to the credentials that fit first: by access key, by the key that they were made of, by origin identity, by
-- source identity, by session name with the role. The last two, which whoever takes a role may choose, lead only to credentials
-- whose key the record does not have, as the console's. What several people may have done, and what happened outside a credential's
-- life, is joined to nobody. Only a key tells of a run.
WITH record AS (
  SELECT
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.identity'), '') AS identity,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.issuer'), '') AS issuer,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.subject'), '') AS subject,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.person_name'), '') AS own_name,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.role'), '') AS role,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.group'), '') AS rule,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.session_name'), '') AS session,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.access_key_id'), '') AS key_id,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.parent_access_key_id'), '') AS parent,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.source_identity'), '') AS source,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.role_arn'), '') AS role_arn,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.permission_set'), '') AS permission_set,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.run'), '') AS run,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.hostname'), '') AS host,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.agent'), '') AS agent,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.reason'), '') AS reason,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.host'), '') AS workspace,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.workspace_id'), '') AS workspace_id,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.service_principal'), '') AS service_principal,
    COALESCE(json_extract_scalar(line, '$.unmapped.dbxaccess.chain.uid'), '') AS chain,
    CAST(json_extract_scalar(line, '$.unmapped.dbxaccess.chain.seq') AS BIGINT) AS seq,
    CAST(to_unixtime(TRY(from_iso8601_timestamp(regexp_replace(json_extract_scalar(line, '$.unmapped.dbxaccess.time'), '[.][0-9]+', '')))) AS BIGINT) AS told_at,
    CAST(to_unixtime(TRY(from_iso8601_timestamp(regexp_replace(json_extract_scalar(line, '$.unmapped.dbxaccess.since'), '[.][0-9]+', '')))) AS BIGINT) AS since_at,
    CAST(to_unixtime(TRY(from_iso8601_timestamp(regexp_replace(json_extract_scalar(line, '$.unmapped.dbxaccess.expires'), '[.][0-9]+', '')))) AS BIGINT) AS expires_at,
    json_extract_scalar(line, '$.unmapped.dbxaccess.activity') AS activity,
    json_extract(line, '$.unmapped.dbxaccess.refused') IS NOT NULL AS refused
  FROM "main"."dbxaccess_record"
  WHERE day >= '2026-10-30' AND day <= '2026-12-03'
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
      WHEN regexp_like(role_arn, '^[^:]*:[^:]*:[^:]*:[^:]*:([^:]*):.*/AWSReservedSSO_([^/]+)_[^_/]*$')
        THEN regexp_extract(role_arn, '^[^:]*:[^:]*:[^:]*:[^:]*:([^:]*):.*/AWSReservedSSO_([^/]+)_[^_/]*$', 1) || '/' || regexp_extract(role_arn, '^[^:]*:[^:]*:[^:]*:[^:]*:([^:]*):.*/AWSReservedSSO_([^/]+)_[^_/]*$', 2)
      WHEN role_arn <> '' THEN role_arn
      ELSE permission_set
    END AS session_role,
    CASE WHEN since_at < told_at THEN since_at ELSE told_at END AS used_from
  FROM people CROSS JOIN (VALUES (false), (true)) AS sessions (console) -- a link to the console is of a session by keys of its own, too
  WHERE (NOT console OR activity = 'console') AND activity IN ('assume-role', 'step', 'exchange-token', 'vend', 'serve', 'console') AND NOT refused AND workspace = '' AND told_at IS NOT NULL AND expires_at IS NOT NULL
),
uses AS ( -- each record, with what holds of the credential that it tells of
  SELECT
    used_from, run, host, agent, reason,
    MIN(used_from) OVER (PARTITION BY credential) AS begins,
    MAX(expires_at) OVER (PARTITION BY credential) AS ends,
    MIN(whose) OVER (PARTITION BY credential) <> MAX(whose) OVER (PARTITION BY credential) AS disputed,
    FIRST_VALUE(identity) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS identity,
    FIRST_VALUE(issuer) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS issuer,
    FIRST_VALUE(subject) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS subject,
    FIRST_VALUE(person_name) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS person_name,
    FIRST_VALUE(role) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS role,
    FIRST_VALUE(rule) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS rule,
    FIRST_VALUE(session) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS session,
    FIRST_VALUE(own_key) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS own_key,
    FIRST_VALUE(own_parent) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS own_parent,
    FIRST_VALUE(origin) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS origin,
    FIRST_VALUE(source) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS source,
    FIRST_VALUE(session_role) OVER (PARTITION BY credential ORDER BY told_at, chain, seq) AS session_role
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
      WHEN NOT (eventname LIKE '%Object%' OR eventname LIKE '%Part%' OR eventname LIKE '%Multipart%') THEN ''
      WHEN eventname LIKE 'Get%' THEN 'read'
      WHEN eventname LIKE 'Head%' THEN 'read'
      WHEN eventname LIKE 'List%' THEN 'read'
      WHEN eventname LIKE 'Select%' THEN 'read'
      WHEN eventname LIKE 'Delete%' THEN 'delete'
      WHEN eventname LIKE 'Abort%' THEN 'write'
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
  FROM "main"."logged"
  WHERE day >= '2026/11/01' AND day <= '2026/12/02' AND eventsource = 's3.amazonaws.com'
),
numbered AS (
  SELECT
    said.*,
    TRY(url_decode(replace(split_part(copied, '?versionId=', 1), '+', '%2B'))) AS decoded,
    COALESCE(regexp_extract(resource, ':s3:::(.*)$', 1), '') AS named,
    ROW_NUMBER() OVER (PARTITION BY id ORDER BY event_time) AS copy
  FROM said
  WHERE verb <> '' AND (moment IS NULL OR moment >= 1793491200 AND moment < 1796083200)
),
placed AS ( -- a copy of an object reads another, too
  SELECT
    id || ' ' || parts.part AS counted,
    id || ' ' || parts.part || ' ' || CAST(copy AS VARCHAR) AS access,
    shared, event_id, event_time, moment, action, refused, region, address, key_id, session, source, origin, origin_issuer,
    session = '' OR principal NOT LIKE '%:%' OR session = COALESCE(regexp_extract(principal, '^[^:]*:(.*)$', 1), '') AS agrees,
    CASE
      WHEN regexp_like(role_arn, '^[^:]*:[^:]*:[^:]*:[^:]*:([^:]*):.*/AWSReservedSSO_([^/]+)_[^_/]*$')
        THEN regexp_extract(role_arn, '^[^:]*:[^:]*:[^:]*:[^:]*:([^:]*):.*/AWSReservedSSO_([^/]+)_[^_/]*$', 1) || '/' || regexp_extract(role_arn, '^[^:]*:[^:]*:[^:]*:[^:]*:([^:]*):.*/AWSReservedSSO_([^/]+)_[^_/]*$', 2)
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
    CASE
      WHEN placed.bucket = 'acme-ml' AND starts_with(placed.key, 'churn/labels/') THEN 'labels'
      WHEN placed.bucket = 'acme-ml' AND starts_with(placed.key, 'churn/') THEN 'churn'
      WHEN TRUE THEN ''
    END AS dataset,
    lookups.way AS way,
    lookups.begins, lookups.ends, lookups.used_from, lookups.disputed, lookups.own_key = '' AS unkeyed,
    lookups.identity || chr(10) || lookups.issuer || chr(10) || lookups.subject AS whose,
    lookups.subject, lookups.person_name, lookups.identity, lookups.issuer, lookups.role, lookups.rule,
    lookups.run, lookups.host, lookups.agent, lookups.reason, lookups.session AS session_name,
    lookups.way <= 2 OR (
      (placed.origin = '' OR lookups.origin = '' OR lookups.origin = placed.origin AND (
        placed.origin_issuer = '' OR regexp_replace(regexp_replace(lookups.issuer, '^https://', ''), '/$', '') = regexp_replace(regexp_replace(placed.origin_issuer, '^https://', ''), '/$', '')
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
    SELECT matched.*, fits AND begins - 300 <= moment AND moment <= ends AND used_from - 300 <= moment AS live
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
    arbitrary(counted) AS counted,
    arbitrary(shared) AS shared,
    arbitrary(event_id) AS event_id,
    arbitrary(event_time) AS event_time,
    arbitrary(moment) AS moment,
    arbitrary(action) AS action,
    arbitrary(refused) AS refused,
    arbitrary(region) AS region,
    arbitrary(address) AS address,
    arbitrary(key_id) AS key_id,
    arbitrary(verb) AS verb,
    arbitrary(dataset) AS dataset,
    arbitrary(bucket) AS bucket,
    arbitrary(key) AS key,
    arbitrary(bytes) AS bytes,
    arbitrary(agrees) AS agrees,
    arbitrary(key_id || origin || source || session) AS caller,
    MAX(chosen) AS chosen,
    MAX(way) AS found,
    MAX(CASE WHEN fits THEN way END) AS fitting,
    MAX(CASE WHEN live THEN 1 ELSE 0 END) AS living,
    MAX(CASE WHEN way = chosen AND several THEN 1 ELSE 0 END) = 1 AS ambiguous,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen THEN subject END) = MAX(CASE WHEN tells AND way = chosen THEN subject END)
      THEN MIN(CASE WHEN tells AND way = chosen THEN subject END) END AS subject,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen THEN person_name END) = MAX(CASE WHEN tells AND way = chosen THEN person_name END)
      THEN MIN(CASE WHEN tells AND way = chosen THEN person_name END) END AS person_name,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen THEN identity END) = MAX(CASE WHEN tells AND way = chosen THEN identity END)
      THEN MIN(CASE WHEN tells AND way = chosen THEN identity END) END AS identity,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen THEN issuer END) = MAX(CASE WHEN tells AND way = chosen THEN issuer END)
      THEN MIN(CASE WHEN tells AND way = chosen THEN issuer END) END AS issuer,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen AND way IN (1, 2, 5) THEN role END) = MAX(CASE WHEN tells AND way = chosen AND way IN (1, 2, 5) THEN role END)
      THEN MIN(CASE WHEN tells AND way = chosen AND way IN (1, 2, 5) THEN role END) END AS role,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen AND way IN (1, 2, 5) THEN rule END) = MAX(CASE WHEN tells AND way = chosen AND way IN (1, 2, 5) THEN rule END)
      THEN MIN(CASE WHEN tells AND way = chosen AND way IN (1, 2, 5) THEN rule END) END AS rule,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen AND way <= 2 THEN run END) = MAX(CASE WHEN tells AND way = chosen AND way <= 2 THEN run END)
      THEN MIN(CASE WHEN tells AND way = chosen AND way <= 2 THEN run END) END AS run,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen AND way <= 2 THEN host END) = MAX(CASE WHEN tells AND way = chosen AND way <= 2 THEN host END)
      THEN MIN(CASE WHEN tells AND way = chosen AND way <= 2 THEN host END) END AS host,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen AND way <= 2 THEN agent END) = MAX(CASE WHEN tells AND way = chosen AND way <= 2 THEN agent END)
      THEN MIN(CASE WHEN tells AND way = chosen AND way <= 2 THEN agent END) END AS agent,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen AND way <= 2 THEN reason END) = MAX(CASE WHEN tells AND way = chosen AND way <= 2 THEN reason END)
      THEN MIN(CASE WHEN tells AND way = chosen AND way <= 2 THEN reason END) END AS reason,
    CASE WHEN MIN(CASE WHEN tells AND way = chosen AND way IN (1, 2, 5) THEN session_name END) = MAX(CASE WHEN tells AND way = chosen AND way IN (1, 2, 5) THEN session_name END)
      THEN MIN(CASE WHEN tells AND way = chosen AND way IN (1, 2, 5) THEN session_name END) END AS session_name
  FROM judged
  GROUP BY access
),
reasoned AS (
  SELECT
    answers.*,
    CASE
      WHEN moment IS NULL THEN 'no-time'
      WHEN ambiguous THEN 'ambiguous'
      WHEN chosen IS NOT NULL THEN ''
      WHEN living = 1 THEN 'name-only'
      WHEN fitting IS NOT NULL THEN 'outside-life'
      WHEN NOT agrees OR found IS NOT NULL THEN 'contradictory'
      WHEN caller = '' THEN 'no-identity'
      ELSE 'not-issued'
    END AS not_joined
  FROM answers
),
told_once AS ( -- copies of an event stand in several accounts and files, and one says more than another of who it was
  SELECT reasoned.*, ROW_NUMBER() OVER (
    PARTITION BY counted
    ORDER BY
      CASE WHEN shared THEN CASE WHEN not_joined = '' AND chosen = 1 THEN 0 WHEN not_joined = '' AND chosen = 2 THEN 1 WHEN not_joined = '' AND chosen = 3 THEN 2 WHEN not_joined = 'contradictory' THEN 3 WHEN not_joined = 'ambiguous' THEN 4 WHEN not_joined = '' AND chosen = 4 THEN 5 WHEN not_joined = '' AND chosen = 5 THEN 6 WHEN not_joined = 'name-only' THEN 7 WHEN not_joined = 'outside-life' THEN 8 WHEN not_joined = 'not-issued' THEN 9 WHEN not_joined = 'no-identity' THEN 10 WHEN not_joined = 'no-time' THEN 11 END END,
      event_time, access
  ) AS nth
  FROM reasoned
  WHERE dataset <> '' OR not_joined NOT IN ('not-issued', 'no-identity')
)
SELECT
  CASE WHEN moment IS NOT NULL THEN event_time ELSE '' END AS time,
  'cloudtrail' AS log,
  event_id, action, verb, dataset,
  's3://' || bucket || '/' || key AS place,
  CASE WHEN bytes BETWEEN 0 AND 1125899906842624 THEN CAST(floor(bytes) AS BIGINT) END AS bytes,
  refused, region, address,
  CASE WHEN not_joined = '' THEN COALESCE(subject, '') ELSE '' END AS person,
  CASE WHEN not_joined = '' THEN COALESCE(person_name, '') ELSE '' END AS person_name,
  CASE WHEN not_joined = '' THEN COALESCE(identity, '') ELSE '' END AS identity,
  CASE WHEN not_joined = '' THEN COALESCE(issuer, '') ELSE '' END AS issuer,
  CASE WHEN not_joined = '' THEN COALESCE(role, '') ELSE '' END AS role,
  CASE WHEN not_joined = '' THEN COALESCE(rule, '') ELSE '' END AS rule,
  CASE WHEN not_joined = '' THEN COALESCE(run, '') ELSE '' END AS run,
  CASE WHEN not_joined = '' THEN COALESCE(host, '') ELSE '' END AS host,
  CASE WHEN not_joined = '' THEN COALESCE(agent, '') ELSE '' END AS agent,
  CASE WHEN not_joined = '' THEN COALESCE(reason, '') ELSE '' END AS reason,
  CASE WHEN not_joined = '' THEN COALESCE(session_name, '') ELSE '' END AS session_name,
  key_id AS access_key_id,
  CASE chosen WHEN 1 THEN 'access-key' WHEN 2 THEN 'parent-access-key' WHEN 3 THEN 'origin-identity' WHEN 4 THEN 'source-identity' WHEN 5 THEN 'session-name' ELSE '' END AS joined_by,
  not_joined
FROM told_once
WHERE nth = 1
ORDER BY time, event_id, verb;
