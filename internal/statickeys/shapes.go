package statickeys

import (
	"bytes"
	"sync"
)

var ranks = sync.OnceValue(func() map[string]int {
	m := make(map[string]int)
	for n, r := range Rules() {
		m[r.ID] = n
	}
	return m
})

// shape is a token that is known by its beginning.
type shape struct {
	rule     string
	prefix   string // as it is written
	of       *alphabet
	min, max int // characters behind the prefix
	bits     float64
	loose    bool // letters may stand before it: no word has its beginning and so much behind
}

// shapes: https://docs.databricks.com/aws/en/dev-tools/auth/pat, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html,
// https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/ and each service's own pages.
var shapes = []shape{
	{ruleDatabricks, "dapi", hexadecimal, 32, 32, 2.5, true},
	{ruleDatabricks, "dkea", hexadecimal, 32, 32, 2.5, true},
	{ruleDatabricks, "dsapi", hexadecimal, 32, 32, 2.5, true},
	{ruleOAuthSecret, "dose", hexadecimal, 32, 32, 2.5, true},
	{ruleBedrock, "ABSK", base64Std, 109, 269, 4, false},
	{ruleBedrock, "bedrock-api-key-", base64Std, 100, 4000, 4, false},
	{ruleGitHub, "ghp_", alnum, 36, 36, 3, true},
	{ruleGitHub, "gho_", alnum, 36, 36, 3, true},
	{ruleGitHub, "ghu_", alnum, 36, 36, 3, true},
	{ruleGitHub, "ghs_", alnum, 36, 36, 3, true},
	{ruleGitHub, "ghr_", alnum, 36, 36, 3, true},
	{ruleGitHub, "github_pat_", word, 82, 82, 3, true},
	{ruleGitLab, "glpat-", wordDot, 20, 60, 3, true},
	{ruleGitLab, "gldt-", word, 20, 20, 3, true},
	{ruleGitLab, "glrt-", word, 20, 60, 3, true},
	{ruleAnthropic, "sk-ant-api03-", word, 80, 120, 3.5, true},
	{ruleAnthropic, "sk-ant-admin01-", word, 80, 120, 3.5, true},
	{ruleHugging, "hf_", alnum, 34, 37, 3.5, false},
	{ruleHugging, "api_org_", alnum, 34, 34, 3.5, false},
	{ruleGoogle, "AIza", word, 35, 35, 3.5, false},
	{ruleGoogle, "GOCSPX-", word, 28, 28, 3, true},
	{ruleSlack, "xoxb-", word, 40, 90, 2.5, true},
	{ruleSlack, "xoxp-", word, 40, 90, 2.5, true},
	{ruleSlack, "xoxe-", word, 40, 200, 2.5, true},
	{ruleSlack, "xapp-", word, 40, 120, 2.5, true},
	{ruleSlack, "hooks.slack.com/services/", base64Std, 40, 60, 3, true},
	{ruleService, "sk_live_", alnum, 20, 120, 3, true},
	{ruleService, "rk_live_", alnum, 20, 120, 3, true},
	{ruleService, "SG.", wordDot, 66, 66, 4, false},
	{ruleService, "npm_", alnum, 36, 36, 3, false},
	{ruleService, "pypi-AgEIcHlwaS5vcmc", word, 50, 1000, 3, true},
	{ruleService, "dckr_pat_", word, 27, 27, 3, true},
	{ruleService, "hvs.", word, 90, 140, 3, false},
	{ruleService, "nvapi-", word, 60, 70, 3, false},
	{ruleService, "shpat_", hexadecimal, 32, 32, 3, true},
	{ruleService, "lin_api_", alnum, 40, 40, 3, true},
	{ruleService, "dop_v1_", hexadecimal, 64, 64, 3, true},
	{ruleService, "gsk_", alnum, 52, 52, 3, false},
	{ruleService, "r8_", word, 37, 37, 3, false},
	{ruleService, "lsv2_pt_", word, 43, 43, 3, false},
	{ruleService, "pplx-", alnum, 48, 56, 3, false},
	{ruleService, "xai-", alnum, 80, 80, 3, false},
	{ruleService, "glsa_", word, 41, 41, 3, true},
	{ruleService, "dp.pt.", alnum, 43, 43, 3, true},
	{ruleService, "PMAK-", word, 59, 59, 3, true},
	{ruleService, "ATATT3", base64Any, 180, 200, 3, true},
}

// detector is what runs where one of its words stands.
type detector struct {
	anchors []string // in lower case
	shaped  bool     // it goes by the shape alone, and is sure enough for binaries
	look    func(m *matching, start, end int)
}

// detectors are all there are.
func detectors() []detector {
	list := []detector{
		{[]string{"akia", "asia"}, true, (*matching).accessKey},
		{[]string{"secret"}, false, (*matching).secretKey},
		{[]string{"access_key", "accesskey", "access-key", "access.key", "aws_key", "awskey"}, false, (*matching).secretKey},
		{[]string{"t3blbkfj"}, true, (*matching).openAI},
		{[]string{"sk-proj-", "sk-svcacct-", "sk-admin-"}, true, (*matching).openAI},
		{[]string{"-----begin "}, true, (*matching).pem},
		{[]string{"q~"}, true, (*matching).azureClient},
		{[]string{"account.key", "accountkey", "account_key", "account-key", "storage_key", "storagekey", "azure_storage_access_key"}, false, (*matching).azureKey},
		{[]string{"sharedaccesskey", "shared_access_key"}, false, (*matching).azureBus},
		{[]string{"sig="}, false, (*matching).azureSAS},
		{[]string{"://"}, false, (*matching).url},
		{[]string{"jdbc:"}, false, (*matching).jdbc},
		{[]string{"passw", "pwd", "passphrase"}, false, (*matching).password},
		{[]string{"wandb", "weights_and_biases"}, false, (*matching).wandb},
		{[]string{"api_key", "apikey", "api-key", "auth_token", "authtoken", "auth-token", "access_token", "accesstoken", "access-token", "private_token", "private-token", "api_token", "apitoken", "api-token", "signing_key", "_authtoken"}, false, (*matching).named},
	}
	for _, s := range shapes {
		list = append(list, detector{[]string{lowered(s.prefix)}, true, func(m *matching, start, end int) { m.shape(s, start, end) }})
	}
	return list
}

func lowered(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// shape looks at a token that is known by its beginning.
func (m *matching) shape(s shape, start, end int) {
	if string(m.text[start:end]) != s.prefix || !s.loose && start > 0 && alnum[m.text[start-1]] {
		return
	}
	stop := s.of.from(m.text, end, s.max+1)
	if n := stop - end; n < s.min || n > s.max {
		return
	}
	body := string(m.text[end:stop])
	if entropy(body) < s.bits || made(body) {
		return
	}
	if s.rule == ruleDatabricks && stop+1 < len(m.text) && m.text[stop] == '-' && '0' <= m.text[stop+1] && m.text[stop+1] <= '9' &&
		(stop+2 == len(m.text) || !alnum[m.text[stop+2]]) {
		stop += 2 // the place of the key that it is kept under
	}
	for s.rule == ruleBedrock && stop < len(m.text) && m.text[stop] == '=' && stop-end < s.max+2 {
		stop++
	}
	m.found(s.rule, start, stop)
}

// openAI are keys with the mark T3BlbkFJ ("OpenAI" in base64) in their middle.
func (m *matching) openAI(start, end int) {
	first := word.before(m.text, start, 200)
	for first < start && !bytes.HasPrefix(m.text[first:], []byte("sk-")) {
		first++
	}
	stop := word.from(m.text, end, 200)
	value := string(m.text[first:stop])
	if len(value) < 48 || value[:3] != "sk-" || len(value) > 250 || made(value) || entropy(value) < 4 {
		return
	}
	m.found(ruleOpenAI, first, stop)
}
