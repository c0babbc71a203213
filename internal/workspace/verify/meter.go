package verify

import (
	"slices"
	"time"
)

// Progress is how far a run is.
type Progress struct {
	Part     Part
	Number   int // of the part, from 1
	Of       int // how many parts there are
	Objects  int // that were looked at, of all parts
	Findings int
	// Left is how long it still takes, as far as that is known: by an earlier run of the workspace, or by how much of its folders is
	// done; 0 where it is not.
	Left time.Duration
}

// meter knows how fast a run is.
type meter struct {
	r      *run
	began  time.Time
	begun  int       // objects when it began, which were looked at by an earlier process
	part   time.Time // when the part began
	number int
	walked float64 // of the notebooks' folders that were done when the part began
}

func newMeter(r *run) *meter { return &meter{r: r, began: time.Now(), begun: r.state.objects()} }

// objects are those of all parts.
func (s *State) objects() (n int) {
	for _, at := range s.Parts {
		n += at.Objects + at.Skipped
	}
	return n
}

func (m *meter) begin(part Part) {
	m.part, m.number, m.walked = time.Now(), slices.Index(Parts(), part)+1, m.r.state.at(part).walked()
	m.tell(part)
}

func (m *meter) tell(part Part) {
	if m.r.o.Progress == nil {
		return
	}
	m.r.mu.Lock()
	p := Progress{Part: part, Number: m.number, Of: len(Parts()), Objects: m.r.state.objects() + m.r.tally.objects, Findings: len(m.r.found.List)}
	m.r.mu.Unlock()
	p.Left = m.left(part, p.Objects)
	m.r.o.Progress(p)
}

// enough is how long one has to watch before a speed means something.
const enough = 3 * time.Second

func (m *meter) left(part Part, objects int) time.Duration {
	if part == Notebooks {
		if walked, took := m.r.state.at(part).walked(), time.Since(m.part); walked > m.walked && took >= enough {
			return time.Duration(float64(took) * (1 - walked) / (walked - m.walked)).Round(time.Second)
		}
	}
	remaining := 0
	for _, p := range Parts() {
		at := m.r.state.at(p)
		if m.r.state.wants(p) && !at.Done {
			remaining += max(0, m.r.state.Before[p]-at.Objects-at.Skipped)
		}
	}
	took, looked := time.Since(m.began), objects-m.begun
	if remaining == 0 || looked <= 0 || took < enough {
		return 0
	}
	return time.Duration(float64(took) * float64(remaining) / float64(looked)).Round(time.Second)
}

// walked is how much of the workspace's folders is done, from 0 to 1: each folder's share is divided among what is in it.
func (at *At) walked() float64 {
	if at.walk == nil {
		return 0
	}
	return at.walk.Walked
}
