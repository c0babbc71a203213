package refusal

import "strings"

// Fault is why a request failed where no policy refused it.
type Fault string

// The faults.
const (
	Unsigned          Fault = "unsigned"            // the request was sent without a signature
	NothingToSignWith Fault = "nothing-to-sign"     // the client found no credentials
	SessionOver       Fault = "session-over"        // the client's own sign-in is over
	Expired           Fault = "expired"             // the credentials have ended
	Clock             Fault = "clock"               // this machine's clock is off
	UnknownKey        Fault = "unknown-key"         // AWS does not know the access key or the token
	Signature         Fault = "signature"           // the signature does not fit
	WrongRegion       Fault = "wrong-region"        // the bucket is in another region, or the region is not enabled
	NoBucket          Fault = "no-bucket"           // there is no such bucket
	NoObject          Fault = "no-object"           // there is no such object
	Archived          Fault = "archived"            // the object has to be restored first
	KeyDisabled       Fault = "key-disabled"        // the KMS key can't be used by anybody
	NoKey             Fault = "no-key"              // there is no such KMS key in the region
	Throttled         Fault = "throttled"           // too many requests
	Network           Fault = "network"             // the server was not reached
	TLS               Fault = "tls"                 // the server's certificate is not trusted
	NoACLs            Fault = "no-acls"             // the bucket takes no access control lists
	TokenRefused      Fault = "token-refused"       // an ID token or a workspace's token
	PolicySize        Fault = "policy-size"         // the session policy and the tags are too large
	PolicyMalformed   Fault = "policy-malformed"    // AWS can't read the session policy
	AccountOff        Fault = "account-off"         // the account or the service is not active
	Address           Fault = "address-not-allowed" // the workspace takes no requests from this address
	BadRequest        Fault = "bad-request"         // HEAD with status 400: an ended credential or another region
)

// faultOfCode is what an error code of AWS means where it is no refusal by a policy; "" for all others. Codes come in small
// letters, without the ending Exception.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
func faultOfCode(code string) Fault {
	code = strings.TrimSuffix(code, "exception")
	if code == "kms.notfound" {
		return NoKey
	}
	switch strings.TrimPrefix(code, "kms.") {
	case "expiredtoken", "tokenrefreshrequired", "requestexpired", "expiredtokenfault", "credentialsexpired":
		return Expired
	case "requesttimetooskewed", "requestinthefuture", "requesttimetoskewed":
		return Clock
	case "invalidaccesskeyid", "invalidclienttokenid", "unrecognizedclient", "invalidtoken", "authfailure", "invalid_access_key_id":
		return UnknownKey
	case "signaturedoesnotmatch", "invalidsignature", "incompletesignature", "signature_does_not_match":
		return Signature
	case "permanentredirect", "authorizationheadermalformed", "illegallocationconstraint", "301", "301movedpermanently", "movedpermanently",
		"temporaryredirect", "regiondisabled", "307":
		return WrongRegion
	case "nosuchbucket", "no_such_bucket":
		return NoBucket
	case "nosuchkey", "404", "notfound", "404notfound", "status404", "nosuchversion", "no_such_key", "resource_not_found":
		return NoObject
	case "invalidobjectstate", "invalid_object_state":
		return Archived
	case "disabled", "kmsinvalidstate", "keyunavailable", "invalidstate":
		return KeyDisabled
	case "slowdown", "throttling", "toomanyrequests", "requestlimitexceeded", "slow_down", "throttled", "503slowdown":
		return Throttled
	case "network_connection", "requesttimeout":
		return Network
	case "accesscontrollistnotsupported":
		return NoACLs
	case "invalididentitytoken", "idprejectedclaim", "idpcommunicationerror", "expiredidentitytoken":
		return TokenRefused
	case "packedpolicytoolarge":
		return PolicySize
	case "malformedpolicydocument":
		return PolicyMalformed
	case "optinrequired", "notsignedup", "allaccessdisabled", "accountproblem", "subscriptionrequired":
		return AccountOff
	case "400", "badrequest", "400badrequest":
		return BadRequest
	}
	return ""
}

// deniesByCode reports whether a code says that a policy refused.
func deniesByCode(code string) bool {
	switch strings.TrimSuffix(code, "exception") {
	case "accessdenied", "access_denied", "403", "forbidden", "403forbidden", "unauthorizedoperation", "unauthorizedaccess", "notauthorized",
		"authorizationerror", "accessdeniedfault", "unauthorized", "client.unauthorizedoperation":
		return true
	}
	return false
}

// faultPhrases are whole messages that stand for themselves, in small letters and without white space.
var faultPhrases = [...]struct {
	fault  Fault
	phrase string
}{
	{Expired, "theprovidedtokenhasexpired"},
	{Expired, "securitytokenincludedintherequestisexpired"},
	{Expired, "requesthasexpired"},
	{Expired, "tokenhasexpiredandrefreshfailed"},
	{Clock, "differencebetweentherequesttimeandthecurrenttimeistoolarge"},
	{Clock, "signaturenotyetcurrent"},
	{Clock, "signatureexpired:"},
	{UnknownKey, "accesskeyidyouprovideddoesnotexist"},
	{UnknownKey, "securitytokenincludedintherequestisinvalid"},
	{Signature, "requestsignaturewecalculateddoesnotmatch"},
	{WrongRegion, "bucketyouareattemptingtoaccessmustbeaddressed"},
	{WrongRegion, "theauthorizationheaderismalformed"},
	{WrongRegion, "bucketisinthisregion:"},
	{WrongRegion, "301movedpermanently"},
	{WrongRegion, "s3regionbeingsetincorrectly"},
	{WrongRegion, "youmustspecifyaregion"},
	{WrongRegion, "unabletofindaregionviatheregionproviderchain"},
	{NoBucket, "thespecifiedbucketdoesnotexist"},
	{NoObject, "thespecifiedkeydoesnotexist"},
	{Archived, "operationisnotvalidfortheobject'sstorageclass"},
	{Archived, "operationisnotvalidfortheobject'saccesstier"},
	{KeyDisabled, "keystateispendingdeletion"},
	{KeyDisabled, "ispendingdeletion"},
	{KeyDisabled, "kms.disabledexception"},
	{KeyDisabled, "kms.kmsinvalidstateexception"},
	{Throttled, "pleasereduceyourrequestrate"},
	{Network, "couldnotconnecttotheendpointurl"},
	{Network, "connecttimeoutonendpointurl"},
	{Network, "failedtoresolve'"},
	{Network, "java.net.unknownhostexception"},
	{Network, "couldn'tresolvehost"},
	{Network, "readtimeoutonendpointurl"},
	{Network, "temporaryfailureinnameresolution"},
	{Network, "nameorservicenotknown"},
	{Network, "nodenamenorservnameprovided"},
	{Network, "failedtoconnecttoproxyurl"},
	{TLS, "certificate_verify_failed"},
	{TLS, "sslvalidationfailed"},
	{TLS, "pkixpathbuildingfailed"},
	{TLS, "x509:certificate"},
	{NoACLs, "thebucketdoesnotallowacls"},
	{TokenRefused, "incorrecttokenaudience"},
	{TokenRefused, "couldn'tretrieveverificationkey"},
	{TokenRefused, "noopenidconnectproviderfoundinyouraccount"},
	{TokenRefused, "invalidaccesstoken"},
	{TokenRefused, "credentialwasnotsentorwasofanunsupportedtype"},
	{PolicySize, "packedpolicyconsumes"},
	{PolicySize, "packedsizeofsessiontagsconsumes"},
	{PolicySize, "serializedtokentoolargeforsession"},
	{Address, "isblockedbydatabricksipacl"},
	{Address, "unauthorizednetworkaccesstoworkspace"},

	{NothingToSignWith, "unabletolocatecredentials"},
	{NothingToSignWith, "nocredentialserror"},
	{NothingToSignWith, "nocredentialproviders"},
	{NothingToSignWith, "unabletoloadcredentialsfrom"},
	{NothingToSignWith, "unabletoloadawscredentials"},
	{NothingToSignWith, "noawscredentialsprovidedby"},
	{NothingToSignWith, "noawscredentialspresent"},
	{NothingToSignWith, "noauthwithawsexception"},
	{NothingToSignWith, "couldnotloadcredentialsfromanyproviders"},
	{NothingToSignWith, "couldnotfindcredentialsfor"},
	{NothingToSignWith, "credentialsnotloaded"},
	{NothingToSignWith, "failedtorefreshcachedcredentials"},
	{NothingToSignWith, "noec2imdsrolefound"},
	{NothingToSignWith, "partialcredentialsfound"},
	{NothingToSignWith, "cannotconfiguredefaultcredentials"},
	{NothingToSignWith, "errorwhenretrievingcredentialsfrom"},
	{NothingToSignWith, "theconfigprofile("},
	{NothingToSignWith, "ssosessionassociatedwiththisprofilehasexpired"},
	{NothingToSignWith, "errorloadingssotoken"},
	{NothingToSignWith, "169.254.169.254/latest/api/token"},
	{Unsigned, "requestismissingauthenticationtoken"},
	{Unsigned, "missingauthenticationtoken"},
	{Unsigned, "nocredentialsareprovided"},
	{Unsigned, "nocredentialswereprovided"},
	{Unsigned, "no-credential-header"},
	{Unsigned, "signature-present:false"},
	{Unsigned, "credentials-provider:com.amazonaws.auth.anonymousawscredentials"},
	{Unsigned, "anonymoususersarenotallowed"},
	{Unsigned, "anonymoususerscannotinvokethisapi"},
	{Unsigned, "anonymousaccessisforbiddenforthisoperation"},
	{Unsigned, "anonymouscallerdoesnothave"},
}
