package accessmap

import (
	"strings"
	"testing"
	"time"
)

func TestSerialAndDefaults(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"serial: 7":                                      "",
		`serial: "20261128"`:                             "",
		"serial: 9007199254740991":                       "",
		"serial: 0":                                      "serial: expected a number from 1 to 9007199254740991",
		"serial: -1":                                     "serial: expected a number from 1 to 9007199254740991",
		"serial: 010":                                    "serial: expected a number from 1 to 9007199254740991",
		"serial: 9007199254740992":                       "serial: expected a number from 1 to 9007199254740991",
		"serial: 1.5":                                    "serial: expected a number from 1 to 9007199254740991",
		"serial: [1]":                                    "serial: expected a number from 1 to 9007199254740991",
		"defaults: {}":                                   "",
		"defaults: {max_age: 24h, expires: 30d}":         "",
		"defaults: {max_age: 10m, expires: 10m}":         "",
		"defaults: {max_age: 9m}":                        `max_age: "9m" is less than 10m`,
		"defaults: {expires: 1h30m}":                     `expires: "1h30m" is not an age in minutes, hours or days, as in 90m, 24h or 30d`,
		"defaults: {expires: 2w}":                        `expires: "2w" is not an age in minutes, hours or days, as in 90m, 24h or 30d`,
		"defaults: {expires: 30}":                        `expires: "30" has no unit; write m, h or d behind it, as in 24h`,
		"defaults: {expires: 99999d}":                    `expires: "99999d" is not an age in minutes, hours or days, as in 90m, 24h or 30d`,
		"defaults: {max_age: 24h, expires: 1h}":          "defaults: expires is shorter than max_age, so a copy would end before it is fetched again",
		"defaults: {maxage: 24h}":                        `defaults: unknown key "maxage"; did you mean max_age?`,
		"defaults: 24h":                                  "defaults: expected a mapping with its keys, found a text",
		"defaults: {max_age: 24h}\ndefaults: {}":         "duplicate key defaults, already on line 2",
		"serial: 7\nserial: 8":                           "duplicate key serial, already on line 2",
		"defaults: {role: trainr}":                       `role: no role is called "trainr"; did you mean trainer?`,
		"defaults: {profile_prefix: '-a'}":               `profile_prefix: "-a" is not what the name of a profile may begin with: ` + nameRule,
		"defaults: {min_version: 1.2.0}":                 `min_version: "1.2.0" is not a version, as in v1.2.0`,
		"defaults: {expires: 9999d, max_age: \"9999d\"}": "",
	} {
		text := strings.Replace(beforeChanges, "version: 1\n", "version: 1\n"+words+"\n", 1)
		problems := problemsOf(t, text)
		if got := strings.Join(problems, "\n"); want == "" && got != "" || want != "" && (len(problems) != 1 || !strings.HasSuffix(got, ": "+want)) {
			t.Errorf("%s: %s", words, got)
		}
	}
	m := parsed(t, strings.Replace(beforeChanges, "version: 1\n", "version: 1\nserial: 7\ndefaults: {max_age: 90m, expires: 30d}\n", 1))
	if m.Serial != 7 || m.Defaults != (Defaults{MaxAge: 90 * time.Minute, Expires: 720 * time.Hour}) {
		t.Errorf("%d, %+v", m.Serial, m.Defaults)
	}
}
