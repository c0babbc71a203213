//go:build bench

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	questionRounds = 7
	// What a question about ten thousand roles and a thousand datasets may take, and all that has to stand at AWS for them.
	questionTime   = time.Second
	renderTime     = 3 * time.Second
	questionMemory = 400 << 10 // KB
)

// questions measures what is asked of a large map: as a multiple of a hello, as all rows, and held to a second and a size.
func (b *bench) questions() {
	b.t.Helper()
	home := b.t.TempDir()
	old, next := filepath.Join(home, "old.yaml"), filepath.Join(home, "new.yaml")
	text := largeMap(10_000, 1_000)
	for file, text := range map[string]string{
		old: text, next: strings.Replace(text, "read: [data-0]", "read: [data-0, data-1]", 1),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	fmt.Printf("\n%-44s %9s %9s %9s %9s\n", "a map of 10,000 roles, 1,000 datasets", "wall ms", "MB", "x hello", "recorded")
	for _, question := range []struct {
		most time.Duration
		args []string
	}{
		{questionTime, []string{"map", "check", old}},
		{questionTime, []string{"map", "who", "data-0", "--map", old}},
		{questionTime, []string{"map", "show", "--map", old}},
		{questionTime, []string{"map", "explain", "--map", old, "--groups", "team 5", "--action", "s3:GetObject", "--resource", "s3://bucket-0/data/0/x"}},
		{questionTime, []string{"map", "diff", old, next}},
		{renderTime, []string{"map", "render", "--map", old, "--format", "json"}},
	} {
		args := question.args
		var wall, ratios, sizes []float64
		for range questionRounds {
			hello, _ := b.loop(benchRun{argv: []string{b.bin("hello")}})
			cmd := exec.Command(b.bin("dbxaccess"), args...)
			cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			began := time.Now()
			if err := cmd.Run(); err != nil {
				b.t.Fatalf("%v: %v\n%s", args, err, stderr.String())
			}
			wall = append(wall, ms(time.Since(began)))
			ratios = append(ratios, float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())/float64(hello))
			sizes = append(sizes, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss))
		}
		name := strings.Join(args[:2], " ") + ", 10,000 roles"
		fmt.Printf("%-44s %9.0f %9.0f %9.2f %9s\n", name, median(wall), median(sizes)/1024, median(ratios), b.table.note(name, median(ratios)))
		if median(wall) > ms(question.most) {
			b.t.Errorf("%s takes %.0f ms", name, median(wall))
		}
		if median(sizes) > questionMemory {
			b.t.Errorf("%s takes %.0f MB", name, median(sizes)/1024)
		}
	}
}

// largeMap is a map of a large organisation: a group for each role, chains of ten that inherit, every hundredth dataset around the others
// of its bucket.
func largeMap(roles, datasets int) string {
	var groups, places, list strings.Builder
	for i := range datasets {
		place := fmt.Sprintf("s3://bucket-%d/data/%d/", i/100, i)
		if i%100 == 99 {
			place = fmt.Sprintf("s3://bucket-%d", i/100)
		}
		fmt.Fprintf(&places, "  data-%d: { location: %q, sensitivity: internal }\n", i, place)
	}
	for i := range roles {
		fmt.Fprintf(&groups, "      team %d: [role-%d]\n", i, i)
		fmt.Fprintf(&list, "  role-%d:\n    description: Role number %d\n", i, i)
		fmt.Fprintf(&list, "    aws: { role_arn: \"arn:aws:iam::111122223333:role/role-%d\", region: us-east-1 }\n", i)
		fmt.Fprintf(&list, "    read: [data-%d]\n    write: [data-%d]\n", i%datasets, i%datasets)
		if i%10 > 0 {
			fmt.Fprintf(&list, "    inherits: [role-%d]\n", i-1)
		}
	}
	return "version: 1\nidentities:\n  acme:\n    issuer: https://idp.example\n    client_id: x\n    groups:\n" + groups.String() +
		"datasets:\n" + places.String() + "roles:\n" + list.String()
}
