package trace

// stop is a member that walking over an object stops at.
type stop uint8

const (
	over stop = iota // and no member: the object's end

	atTime
	atSource
	atName
	atRegion
	atAddress
	atFailure
	atID
	atSharedID
	atRecipient
	atUser
	atRequest
	atAdditional
	atResources

	atKeyID
	atARN
	atPrincipal
	atSession
	atSourceID
	atIssuer
	atRoleARN
	atOrigin
	atOriginUser
	atOriginFrom

	atBucket
	atKey
	atPrefix
	atCopied
	atIn
	atOut
	atResource
	atFurther

	// Not needed, and another in almost every entry: between them, the same stands again.
	atAgent
	atRequestID
	atHostID

	beginnings // of objects
	stops      = beginnings + stop(partFurther) + 1
)

// beginning is where an object begins.
func beginning(in part) stop { return beginnings + stop(in) } //nolint:gosec // there are few parts

// stopAt is the member of that name, over for one to be stepped over.
func stopAt(in part, name []byte) stop {
	switch in {
	case partEntry:
		switch string(name) {
		case "eventTime":
			return atTime
		case "eventSource":
			return atSource
		case "eventName":
			return atName
		case "awsRegion":
			return atRegion
		case "sourceIPAddress":
			return atAddress
		case "errorCode":
			return atFailure
		case "eventID":
			return atID
		case "sharedEventID":
			return atSharedID
		case "recipientAccountId":
			return atRecipient
		case "userIdentity":
			return atUser
		case "requestParameters":
			return atRequest
		case "additionalEventData":
			return atAdditional
		case "resources":
			return atResources
		case "userAgent":
			return atAgent
		case "requestID":
			return atRequestID
		}
	case partUser:
		switch string(name) {
		case "accessKeyId":
			return atKeyID
		case "arn":
			return atARN
		case "principalId":
			return atPrincipal
		case "sessionContext":
			return atSession
		}
		return originAt(name)
	case partSession:
		switch string(name) {
		case "sourceIdentity":
			return atSourceID
		case "sessionIssuer":
			return atIssuer
		}
		return originAt(name)
	case partIssuer:
		if string(name) == "arn" {
			return atRoleARN
		}
	case partOrigin:
		switch string(name) {
		case "subject", "Subject", "aws:OriginIdentity/Subject":
			return atOriginUser
		case "issuer", "Issuer", "aws:OriginIdentity/Issuer":
			return atOriginFrom
		}
	case partRequest:
		switch string(name) {
		case "bucketName":
			return atBucket
		case "key":
			return atKey
		case "prefix":
			return atPrefix
		case "x-amz-copy-source":
			return atCopied
		}
	case partResource:
		if string(name) == "ARN" {
			return atResource
		}
	case partFurther:
		if string(name) == "ARN" {
			return atFurther
		}
	case partAdditional:
		switch string(name) {
		case "bytesTransferredIn":
			return atIn
		case "bytesTransferredOut":
			return atOut
		case "x-amz-id-2":
			return atHostID
		}
	}
	return over
}

// originAt is AWS's origin identity in the caller or its session. AWS has not said how CloudTrail spells it: its keys in policies are
// aws:OriginIdentity/Subject and aws:OriginIdentity/Issuer.
func originAt(name []byte) stop {
	switch string(name) {
	case "originIdentity", "OriginIdentity", "aws:OriginIdentity":
		return atOrigin
	case "aws:OriginIdentity/Subject", "originIdentitySubject":
		return atOriginUser
	case "aws:OriginIdentity/Issuer", "originIdentityIssuer":
		return atOriginFrom
	}
	return over
}

// value reads the value at i of the member that was stopped at.
func (s *skimmer) value(at stop, i int) (int, error) {
	e, c := &s.e, s.caller
	switch at {
	case atTime:
		return s.text(&e.time, i)
	case atSource:
		return s.text(&e.source, i)
	case atName:
		return s.text(&e.name, i)
	case atRegion:
		return s.text(&e.region, i)
	case atAddress:
		return s.text(&e.address, i)
	case atFailure:
		return s.text(&e.failure, i)
	case atID:
		return s.text(&e.id, i)
	case atSharedID:
		return s.text(&e.sharedID, i)
	case atRecipient:
		return s.text(&e.recipient, i)
	case atUser:
		return s.user(i)
	case atRequest:
		e.bucket, e.key, e.prefix, e.copied = nil, nil, nil, nil
		return s.inner(partRequest, i)
	case atAdditional:
		e.bytesIn, e.bytesOut = -1, -1
		return s.inner(partAdditional, i)
	case atResources:
		e.resource = nil
		return s.resources(i)
	case atKeyID:
		return s.text(&c.keyID, i)
	case atARN:
		return s.text(&c.arn, i)
	case atPrincipal:
		return s.text(&c.principal, i)
	case atSession:
		c.roleARN, c.sourceID = nil, nil
		return s.inner(partSession, i)
	case atSourceID:
		return s.text(&c.sourceID, i)
	case atIssuer:
		c.roleARN = nil
		return s.inner(partIssuer, i)
	case atRoleARN:
		return s.text(&c.roleARN, i)
	case atOrigin:
		c.originUser, c.originFrom = nil, nil
		return s.inner(partOrigin, i)
	case atOriginUser:
		return s.text(&c.originUser, i)
	case atOriginFrom:
		return s.text(&c.originFrom, i)
	case atBucket:
		return s.text(&e.bucket, i)
	case atKey:
		return s.text(&e.key, i)
	case atPrefix:
		return s.text(&e.prefix, i)
	case atCopied:
		return s.text(&e.copied, i)
	case atIn:
		return s.number(&e.bytesIn, i)
	case atOut:
		return s.number(&e.bytesOut, i)
	case atResource, atFurther:
		return s.text(&s.arn, i)
	}
	return skip(s.b, i)
}
