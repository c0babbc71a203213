package audit

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// schema is what OCSF says of the three classes and of the objects in them, as far as the record uses it: the attributes with
// their types and values, those that have to be there, and the constraints.
type schema struct {
	Objects, Classes map[string]form
}

type form struct {
	Attributes map[string]string // type, [] for a list, the values it may have, @profile that it belongs to
	Required   []string
	AtLeastOne []string `json:"at_least_one"`
	JustOne    []string `json:"just_one"`
}

func readSchema(t *testing.T) schema {
	t.Helper()
	data, err := os.ReadFile("testdata/ocsf-1.8.0.json")
	var s schema
	if err := errors.Join(err, json.Unmarshal(data, &s)); err != nil {
		t.Fatal(err)
	}
	return s
}

// event checks a line against its class and the profiles that it declares.
func (s schema) event(line []byte) error {
	var event map[string]any
	if err := json.Unmarshal(line, &event); err != nil {
		return err
	}
	class := fmt.Sprint(event["class_uid"])
	f, ok := s.Classes[class]
	if !ok {
		return fmt.Errorf("class %s", class)
	}
	metadata, _ := event["metadata"].(map[string]any)
	declared, _ := metadata["profiles"].([]any)
	if slices.Contains(declared, "cloud") {
		f.Required = append(slices.Clone(f.Required), "cloud")
	}
	activity, _ := event["activity_id"].(float64)
	uid, _ := event["class_uid"].(float64)
	if event["type_uid"] != uid*100+activity || event["category_uid"] != float64(int(uid)/1000) {
		return fmt.Errorf("type %v, category %v", event["type_uid"], event["category_uid"])
	}
	return s.object("", f, event, declared)
}

func (s schema) object(path string, f form, o map[string]any, profiles []any) error {
	count := func(names []string) (n int) {
		for _, name := range names {
			if _, ok := o[name]; ok {
				n++
			}
		}
		return n
	}
	switch {
	case count(f.Required) != len(f.Required):
		return fmt.Errorf("%s lacks one of %v: %v", path, f.Required, o)
	case len(f.AtLeastOne) > 0 && count(f.AtLeastOne) == 0:
		return fmt.Errorf("%s has none of %v: %v", path, f.AtLeastOne, o)
	case len(f.JustOne) > 0 && count(f.JustOne) != 1:
		return fmt.Errorf("%s has not just one of %v: %v", path, f.JustOne, o)
	}
	for name, value := range o {
		typ, ok := f.Attributes[name]
		if !ok {
			return fmt.Errorf("%s has no %s", path, name)
		}
		typ, profile, of := strings.Cut(typ, " @")
		if of && !slices.Contains(profiles, any(profile)) {
			return fmt.Errorf("%s.%s is of the profile %s", path, name, profile)
		}
		if err := s.value(path+"."+name, typ, value); err != nil {
			return err
		}
	}
	return nil
}

func (s schema) value(path, typ string, value any) error {
	if of, list := strings.CutSuffix(typ, "[]"); list {
		values, ok := value.([]any)
		if !ok {
			return fmt.Errorf("%s is no list", path)
		}
		for _, v := range values {
			if err := s.value(path, of, v); err != nil {
				return err
			}
		}
		return nil
	}
	typ, values, _ := strings.Cut(typ, " ")
	switch v := value.(type) {
	case string:
		if typ == "string" && v != "" {
			return nil
		}
	case float64:
		number := strconv.FormatFloat(v, 'f', -1, 64)
		if typ == "integer" && !strings.Contains(number, ".") && (values == "" || slices.Contains(strings.Split(values, ","), number)) {
			return nil
		}
	case map[string]any:
		if f, ok := s.Objects[typ]; ok {
			return s.object(path, f, v, nil)
		}
		if typ == "object" {
			return nil
		}
	}
	return fmt.Errorf("%s is no %s %s: %v", path, typ, values, value)
}

// Every activity, allowed and refused, with all that may be known and with nothing.
func TestEventsAreOfTheSchema(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	_, key, _ := ed25519.GenerateKey(nil)
	for _, activity := range []Activity{SignIn, Renew, SignOut, Assume, Step, Exchange, Vend, Serve, Console, Entitle, Tool} {
		for name, r := range map[string]Record{"full": full(activity), "refused": refused(activity), "bare": {Time: time.Now(), Activity: activity}} {
			line, _, err := Encode(r, Link{Chain: "c", Sequence: 1, Prev: strings.Repeat("0", hashSize)}, "1.2.3", key)
			if err == nil {
				err = s.event(line)
			}
			if err != nil {
				t.Errorf("%s, %s: %v\n%s", activity, name, err, line)
			}
		}
	}
}

// The table would let nothing wrong pass.
func TestTheSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	_, key, _ := ed25519.GenerateKey(nil)
	line, _, err := Encode(full(Assume), Link{Chain: "c", Sequence: 1, Prev: zeros}, "", key)
	if err != nil || s.event(line) != nil {
		t.Fatal(err, s.event(line))
	}
	for name, change := range map[string]func(map[string]any){
		"unknown":  func(e map[string]any) { e["role"] = "x" },
		"no actor": func(e map[string]any) { delete(e, "actor") },
		"no cloud": func(e map[string]any) { delete(e, "cloud") },
		"severity": func(e map[string]any) { e["severity_id"] = 7 },
		"type":     func(e map[string]any) { e["type_uid"] = 1 },
		"text":     func(e map[string]any) { e["time"] = "now" },
		"profile":  func(e map[string]any) { e["metadata"].(map[string]any)["profiles"] = []string{"cloud"} },
		"device":   func(e map[string]any) { delete(e["device"].(map[string]any), "type_id") },
	} {
		var event map[string]any
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatal(err)
		}
		change(event)
		wrong, _ := json.Marshal(event)
		if s.event(wrong) == nil {
			t.Errorf("%s: it passes", name)
		}
	}
}
