package handoff

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
	"orientir/knowledge"
	"orientir/retrieval"
)

// wonder is a question with what it is about.
type wonder struct{ words, topic string }

// heldOut is how many services BenchmarkGroups takes out of the knowledge: half of them to choose constants by, half to tell how well they do.
const heldOut = 40

// closePairs are services of which people easily ask one when they mean the other.
var closePairs = [][2]string{
	{"vignette", "vignette-disabled"}, {"diploma-check", "diploma-recognition"}, {"child-allowance", "child-grants"}, {"farm-support", "farmer-registration"},
	{"local-taxes-pay", "local-tax-declarations"}, {"noi-sick-leave", "noi-employer-documents"}, {"property-register", "cadastral-sketch"}, {"kindergarten", "grade7-admission"},
}

// bcubed gives how pure groups are and how whole topics stay in them, each question with the same weight. Questions without a topic count
// in the groups alone.
//
// Source: A. Bagga, B. Baldwin, «Entity-based cross-document coreferencing using the vector space model», COLING-ACL 1998.
func bcubed(groups []int64, topics []string) (purity, completeness float64) {
	type pair struct {
		group int64
		topic string
	}
	both, group, topic := map[pair]float64{}, map[int64]float64{}, map[string]float64{}
	var all float64
	for i, g := range groups {
		group[g]++
		if topics[i] != "" {
			both[pair{g, topics[i]}]++
			topic[topics[i]]++
			all++
		}
	}
	for i, g := range groups {
		if topics[i] == "" {
			continue
		}
		n := both[pair{g, topics[i]}]
		purity += n / group[g] / all
		completeness += n / topic[topics[i]] / all
	}
	return purity, completeness
}

func TestBCubed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                 string
		groups               []int64
		topics               []string
		purity, completeness float64
	}{
		{"a stray in the second group", []int64{1, 1, 2, 2}, []string{"a", "a", "a", "b"}, 0.75, 2. / 3},
		{"all apart", []int64{1, 2, 3, 4}, []string{"a", "a", "b", "b"}, 1, 0.5},
		{"all together", []int64{1, 1, 1, 1}, []string{"a", "a", "b", "b"}, 0.5, 1},
		{"as it is", []int64{1, 1, 2, 2}, []string{"a", "a", "b", "b"}, 1, 1},
		{"noise in a group", []int64{1, 1, 1}, []string{"a", "a", ""}, 2. / 3, 1},
		{"noise of its own", []int64{1, 1, 2}, []string{"a", "a", ""}, 1, 1},
	} {
		purity, completeness := bcubed(c.groups, c.topics)
		if math.Abs(purity-c.purity) > 1e-9 || math.Abs(completeness-c.completeness) > 1e-9 {
			t.Errorf("%s: %v %v", c.name, purity, completeness)
		}
	}
}

// questionsOf reads a file of the starter's sample questions, keeping rows that keep has a topic for, in a fixed disorder.
func questionsOf(b testing.TB, name string, keep func(row []string) (topic string, ok bool)) (list []wonder) {
	b.Helper()
	f, err := os.Open("../knowledge/starter/questions/" + name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range rows[1:] {
		if topic, ok := keep(row); ok {
			list = append(list, wonder{row[0], topic})
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// withoutServices takes services out of the starter's knowledge, as if nobody had written of them, and gives them in two halves.
func withoutServices(b testing.TB, store *knowledge.Store, db *pgxpool.Pool) (tune, report []string) {
	b.Helper()
	guides, err := store.Guides(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var slugs []string
	for _, g := range guides {
		slugs = append(slugs, g.Slug)
	}
	hash := func(slug string) uint32 {
		h := fnv.New32a()
		h.Write([]byte("groups " + slug))
		return h.Sum32()
	}
	slices.SortFunc(slugs, func(a, b string) int { return cmp.Compare(hash(a), hash(b)) })
	slugs = slugs[:heldOut]
	for i, slug := range slugs {
		if i%2 == 0 {
			tune = append(tune, slug)
		} else {
			report = append(report, slug)
		}
	}
	// The versions of a guide are append-only, even here; as if they had never been.
	err = pgx.BeginFunc(b.Context(), db, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`SET LOCAL session_replication_role = replica`,
			`DELETE FROM guide_sources WHERE slug = ANY($1::text[])`,
			`DELETE FROM guide_texts WHERE slug = ANY($1::text[])`,
			`DELETE FROM guide_versions WHERE slug = ANY($1::text[])`,
			`DELETE FROM guides WHERE slug = ANY($1::text[])`,
			`SET LOCAL session_replication_role = origin`,
			`DELETE FROM sample_questions WHERE expected && $1::text[]`,
		} {
			var args []any
			if strings.Contains(sql, "$1") {
				args = []any{slugs}
			}
			if _, err := tx.Exec(b.Context(), sql, args...); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return tune, report
}

// grouping is questions put together, in turn as they come in, with a gathering after every fifty.
type grouping struct {
	known  *meanings
	groups []int64 // of each question
}

func group(all []meaning) grouping {
	k := &meanings{}
	groups, moved := make([]int64, len(all)), map[int64]int64{}
	for i, m := range all {
		id := int64(i + 1)
		if home := k.home(m); home != nil {
			id = home.id
		}
		c := k.put(id, m, 0)
		c.open, c.own = true, true
		groups[i] = id
		if i%50 != 49 && i != len(all)-1 {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(k.grown)) {
			for {
				from, into := k.together(id)
				if from == nil {
					break
				}
				k.pour(from, into)
				moved[from.id], id = into.id, into.id
			}
			delete(k.grown, id)
		}
	}
	for i := range groups {
		for moved[groups[i]] != 0 {
			groups[i] = moved[groups[i]]
		}
	}
	return grouping{k, groups}
}

// accepted gives the groups as they are where an editor merges each with those of its neighbours that are mostly about the same.
func (g grouping) accepted(topics []string) []int64 {
	counts := map[int64]map[string]int{}
	for i, id := range g.groups {
		if counts[id] == nil {
			counts[id] = map[string]int{}
		}
		counts[id][topics[i]]++
	}
	about := map[int64]string{}
	for id, by := range counts {
		for topic, n := range by {
			if most := by[about[id]]; n > most || n == most && topic < about[id] {
				about[id] = topic
			}
		}
	}
	leads := map[int64]int64{}
	end := func(id int64) int64 {
		for leads[id] != 0 {
			id = leads[id]
		}
		return id
	}
	for _, c := range g.known.clusters {
		for _, near := range g.known.neighbours(c) {
			if a, b := end(c.id), end(near); a != b && about[near] == about[c.id] && about[near] != "" {
				leads[a] = b
			}
		}
	}
	all := make([]int64, len(g.groups))
	for i, id := range g.groups {
		all[i] = end(id)
	}
	return all
}

// plainly puts each question to the problem whose mean vector is nearest, if it is near enough.
type plainly struct {
	sums  [][]float32
	least float32
}

func (p *plainly) home(v []float32) int {
	best, most := -1, p.least
	for i, sum := range p.sums {
		if like := dot(v, sum) / float32(math.Sqrt(float64(dot(sum, sum)))); like >= most {
			best, most = i, like
		}
	}
	return best
}

func (p *plainly) put(at int, v []float32) int {
	if at < 0 {
		at = len(p.sums)
		p.sums = append(p.sums, make([]float32, len(v)))
	}
	for i, x := range v {
		p.sums[at][i] += x
	}
	return at
}

// confused is the share of pairs of questions about two close services that stand in one group.
func confused(groups []int64, topics []string) float64 {
	counts := map[string]map[int64]float64{}
	all := map[string]float64{}
	for i, t := range topics {
		if counts[t] == nil {
			counts[t] = map[int64]float64{}
		}
		counts[t][groups[i]]++
		all[t]++
	}
	var together, pairs float64
	for _, p := range closePairs {
		for id, n := range counts[p[0]] {
			together += n * counts[p[1]][id]
		}
		pairs += all[p[0]] * all[p[1]]
	}
	return together / math.Max(pairs, 1)
}

// mistyped is a question as somebody in a hurry types it again: no signs, no capitals, two letters swapped in its longest word.
func mistyped(text string) string {
	words := strings.Fields(strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(".,!?;:«»\"()", r) {
			return ' '
		}
		return r
	}, text)))
	if len(words) == 0 {
		return text
	}
	longest := 0
	for i, w := range words {
		if len(w) > len(words[longest]) {
			longest = i
		}
	}
	if r := []rune(words[longest]); len(r) > 4 {
		r[2], r[3] = r[3], r[2]
		words[longest] = string(r)
	}
	return strings.Join(words, " ")
}

// BenchmarkGroups tells how well questions about services that the knowledge has never heard of are put together by meaning, and what one
// more question costs where a hundred thousand have come. Constants are chosen by «tune» and told by «report»: other services.
func BenchmarkGroups(b *testing.B) {
	ctx := b.Context()
	pool := postgrestest.New(b)
	store := knowledge.NewStore(pool)
	if _, err := store.LoadStarter(ctx); err != nil {
		b.Fatal(err)
	}
	tune, report := withoutServices(b, store, pool)
	a := retrieval.New(pool, store, retrieval.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err := a.Update(ctx); err != nil {
		b.Fatal(err)
	}
	w := &Worklist{desk: &Desk{db: pool, knowledge: store}, reader: a}
	known := &meanings{}
	var err error
	if known.likeness, err = w.likeness(ctx); err != nil {
		b.Fatal(err)
	}
	understand := func(b *testing.B, list []wonder) (all []meaning, topics []string) {
		var texts []string
		for _, q := range list {
			texts, topics = append(texts, q.words), append(topics, q.topic)
		}
		if all, err = w.understand(ctx, known, texts); err != nil {
			b.Fatal(err)
		}
		return all, topics
	}
	noise := questionsOf(b, "negatives.tsv", func(row []string) (string, bool) {
		return "", slices.Contains([]string{"chitchat", "offtopic", "injection"}, row[2])
	})
	for _, part := range []struct {
		name  string
		slugs []string
	}{{"tune", tune}, {"report", report}} {
		list := questionsOf(b, "sample.tsv", func(row []string) (string, bool) { return row[1], slices.Contains(part.slugs, row[1]) })
		all, topics := understand(b, list)
		score := func(b *testing.B, groups []int64, topics []string) {
			purity, completeness := bcubed(groups, topics)
			sizes := map[int64]int{}
			for _, id := range groups {
				sizes[id]++
			}
			large := 0
			for _, n := range sizes {
				if n >= 5 {
					large++
				}
			}
			b.ReportMetric(purity, "purity")
			b.ReportMetric(completeness, "completeness")
			b.ReportMetric(2*purity*completeness/(purity+completeness), "F")
			b.ReportMetric(float64(len(sizes))/float64(len(part.slugs)), "groups/topic")
			b.ReportMetric(float64(large)/float64(len(part.slugs)), "groups-of-five/topic")
			b.ReportMetric(confused(groups, topics), "confused")
		}
		b.Run(part.name, func(b *testing.B) {
			var g grouping
			for b.Loop() {
				g = group(all)
			}
			score(b, g.groups, topics)
			purity, completeness := bcubed(g.accepted(topics), topics)
			b.ReportMetric(purity, "purity-merged")
			b.ReportMetric(completeness, "completeness-merged")
		})
		b.Run(part.name+"/plain", func(b *testing.B) {
			vectors, err := a.Embed(ctx, wordsIn(list))
			if err != nil {
				b.Fatal(err)
			}
			var groups []int64
			for b.Loop() {
				p := &plainly{least: plainLeast}
				groups = groups[:0]
				for _, v := range vectors {
					groups = append(groups, int64(p.put(p.home(v), v)))
				}
			}
			score(b, groups, topics)
		})
		b.Run(part.name+"/noise", func(b *testing.B) {
			mixed, topics := understand(b, shuffled(slices.Concat(list, noise)))
			var g grouping
			for b.Loop() {
				g = group(mixed)
			}
			score(b, g.groups, topics)
		})
		b.Run(part.name+"/again", func(b *testing.B) { // a fifth is asked once more, word for word or in a hurry
			twice := slices.Clone(list)
			for i := 0; i < len(list); i += 5 {
				q := list[i]
				if i%2 == 0 {
					q.words = mistyped(q.words)
				}
				twice = append(twice, q)
			}
			again, _ := understand(b, twice)
			var g grouping
			for b.Loop() {
				g = group(again)
			}
			var same, hurry [2]float64
			for n, i := len(list), 0; n < len(twice); n, i = n+1, i+5 {
				count := &same
				if i%2 == 0 {
					count = &hurry
				}
				count[1]++
				if g.groups[n] == g.groups[i] {
					count[0]++
				}
			}
			b.ReportMetric(same[0]/same[1], "same-words-together")
			b.ReportMetric(hurry[0]/hurry[1], "mistyped-together")
		})
	}
	samples, err := store.Samples(ctx)
	if err != nil {
		b.Fatal(err)
	}
	var many []wonder
	for i := 0; i < len(samples) && len(many) < 2000; i += max(1, len(samples)/2000) {
		many = append(many, wonder{words: samples[i].Text})
	}
	b.Run("of=100000", func(b *testing.B) {
		all, _ := understand(b, many)
		before := inUse()
		k := &meanings{}
		for i := range 100_000 {
			k.put(int64(i%mostMeanings)+1, all[(i*7)%len(all)], 0).open = true
		}
		b.ReportMetric(float64(inUse()-before)/1e6, "MB")
		n := 0
		for b.Loop() {
			m := all[n%len(all)]
			m.print = 0 // as one that was never asked
			k.home(m)
			n++
		}
		runtime.KeepAlive(k)
	})
	b.Run("of=100000/plain", func(b *testing.B) {
		vectors, err := a.Embed(ctx, wordsIn(many))
		if err != nil {
			b.Fatal(err)
		}
		before := inUse()
		p := &plainly{least: plainLeast}
		for i := range 100_000 {
			at := i % mostMeanings
			if i < mostMeanings {
				at = -1
			}
			p.put(at, vectors[(i*7)%len(vectors)])
		}
		b.ReportMetric(float64(inUse()-before)/1e6, "MB")
		n := 0
		for b.Loop() {
			p.home(vectors[n%len(vectors)])
			n++
		}
		runtime.KeepAlive(p)
	})
}

// plainLeast is where the nearest mean vector is hardly purer on «tune» than the list, 0.91.
const plainLeast = 0.70

func wordsIn(list []wonder) (texts []string) {
	for _, q := range list {
		texts = append(texts, q.words)
	}
	return texts
}

func shuffled(list []wonder) []wonder {
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// inUse is the memory that is in use, in bytes.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
