package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// parameter is one figure of the model and where it comes from.
type parameter struct {
	Name  string   `json:"name"`
	Words string   `json:"words"`
	Value *float64 `json:"value"` // null: not measured yet
	Quiet bool     `json:"quiet"` // the machine did nothing else meanwhile
	How   string   `json:"how"`   // the command
	Where string   `json:"where"`
	On    string   `json:"on"` // day
}

// scenario is a size that somebody asks about. These are assumptions, not measurements.
type scenario struct {
	Name          string  `json:"name"`
	People        float64 `json:"people"`         // who might write
	Peak          float64 `json:"peak"`           // messages of people a second at the busiest time
	Telegram      float64 `json:"telegram"`       // share of them that comes through Telegram
	Chats         float64 `json:"chats"`          // web chats open at that time
	Tickets       float64 `json:"tickets"`        // conversations that librarians take over in the busiest hour
	MessagesAYear float64 `json:"messages_year"`  // of people
	KeptDays      float64 `json:"kept_days"`      // how long conversations are kept
	LeastReplicas float64 `json:"least_replicas"` // of the program
	ReplicaCores  float64 `json:"replica_cores"`  // processors of one
	Utilisation   float64 `json:"utilisation"`    // of processors at the peak; what is left bears a lost replica and a guess that was wrong
}

// sizes is deploy/sizing.json.
type sizingFile struct {
	Parameters []parameter `json:"parameters"`
	Scenarios  []scenario  `json:"scenarios"`
}

// telegramTakes is how many messages a second the program sends to Telegram at most (bot/telegram).
const telegramTakes = 25

func (f sizingFile) value(name string) float64 {
	for _, p := range f.Parameters {
		if p.Name == name && p.Value != nil {
			return *p.Value
		}
	}
	return absent
}

// needs is what a scenario needs; NaN where a figure of the model has not been measured.
type needs struct {
	program, postgres       float64 // processors that are busy at the peak
	replicas, cores         float64 // of the program, and processors of all of them
	postgresCores           float64
	replicaMB               float64 // memory of one replica when another one is lost
	connections, disk, wait float64 // of PostgreSQL; GB; messages a second that Telegram doesn't take
}

// of is the model: what each kind of work takes, added up.
func (s scenario) of(f sizingFile) needs {
	telegram, web := s.Peak*s.Telegram, s.Peak*(1-s.Telegram)
	busy := func(telegramMS, webMS, streamMS, ticketMS string) float64 {
		return (telegram*f.value(telegramMS) + web*f.value(webMS) + s.Chats*f.value(streamMS)/60 + s.Tickets/3600*f.value(ticketMS)) / 1000
	}
	var n needs
	n.program = busy("telegram_message_cpu_ms", "web_message_cpu_ms", "stream_cpu_ms_a_minute", "ticket_cpu_ms")
	n.postgres = busy("telegram_message_postgres_cpu_ms", "web_message_postgres_cpu_ms", "stream_postgres_cpu_ms_a_minute", "ticket_postgres_cpu_ms")
	n.replicas = math.Max(s.LeastReplicas, math.Ceil(n.program/s.Utilisation/s.ReplicaCores))
	n.cores = n.replicas * s.ReplicaCores
	n.postgresCores = math.Max(1, math.Ceil(n.postgres/s.Utilisation))
	n.replicaMB = f.value("base_rss_mb") + s.Chats/math.Max(1, n.replicas-1)*f.value("chat_rss_kb")/1024
	n.connections = n.replicas * f.value("replica_connections")
	n.disk = s.MessagesAYear / 365 * s.KeptDays * f.value("bytes_a_message") / (1 << 30)
	n.wait = math.Max(0, telegram-telegramTakes)
	return n
}

// tables are the measured figures with where they come from, and what each scenario needs.
func (f sizingFile) markdown() string {
	var out bytes.Buffer
	fmt.Fprint(&out, "\n| measured | value | quiet machine | how | where | on |\n|---|---:|---|---|---|---|\n")
	for _, p := range f.Parameters {
		value, quiet := "–", "to be measured"
		if p.Value != nil {
			value, quiet = figure(*p.Value), "no, to be measured again"
		}
		if p.Quiet {
			quiet = "yes"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s |\n", p.Words, value, quiet, p.How, p.Where, p.On)
	}
	t := table{}
	for _, s := range f.Scenarios {
		t.Columns = append(t.Columns, s.Name)
	}
	for _, line := range []struct {
		name string
		of   func(scenario, needs) float64
	}{
		{"people", func(s scenario, _ needs) float64 { return s.People }},
		{"messages a second at the peak", func(s scenario, _ needs) float64 { return s.Peak }},
		{"of them through Telegram, %", func(s scenario, _ needs) float64 { return s.Telegram * 100 }},
		{"open web chats at the peak", func(s scenario, _ needs) float64 { return s.Chats }},
		{"conversations taken over in the busiest hour", func(s scenario, _ needs) float64 { return s.Tickets }},
		{"messages a year", func(s scenario, _ needs) float64 { return s.MessagesAYear }},
		{"kept for days", func(s scenario, _ needs) float64 { return s.KeptDays }},
		{"**program**: busy processors at the peak", func(_ scenario, n needs) float64 { return n.program }},
		{"replicas", func(_ scenario, n needs) float64 { return n.replicas }},
		{"processors of a replica", func(s scenario, _ needs) float64 { return s.ReplicaCores }},
		{"memory of a replica, MB, when one is lost", func(_ scenario, n needs) float64 { return n.replicaMB }},
		{"**PostgreSQL**: busy processors at the peak", func(_ scenario, n needs) float64 { return n.postgres }},
		{"its processors", func(_ scenario, n needs) float64 { return n.postgresCores }},
		{"its connections", func(_ scenario, n needs) float64 { return n.connections }},
		{"disk for conversations, GB", func(_ scenario, n needs) float64 { return n.disk }},
		{"answers a second that Telegram doesn't take at the peak", func(_ scenario, n needs) float64 { return n.wait }},
	} {
		var values []float64
		for _, s := range f.Scenarios {
			values = append(values, line.of(s, s.of(f)))
		}
		t.add(line.name, values...)
	}
	fmt.Fprintln(&out)
	t.markdown(&out)
	return out.String()
}

func readSizing(file string) (f sizingFile, err error) {
	data, err := os.ReadFile(file)
	if err == nil {
		in := json.NewDecoder(bytes.NewReader(data))
		in.DisallowUnknownFields()
		err = in.Decode(&f)
	}
	if err != nil {
		return f, fmt.Errorf("read %s: %w", file, err)
	}
	return f, nil
}

// take puts the figures of a report into the parameters that they belong to.
func (f *sizingFile) take(file string, quiet bool) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var r struct {
		report
		Tables json.RawMessage `json:"tables"`
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("read the report %s: %w", file, err)
	}
	for i := range f.Parameters {
		p := &f.Parameters[i]
		v, ok := r.Measured[p.Name]
		if !ok {
			continue
		}
		var settings []string
		for name, value := range r.Settings {
			settings = append(settings, "--"+name+" "+value)
		}
		slices.Sort(settings)
		p.Value, p.Quiet, p.On = &v, quiet, r.At.Format("2006-01-02")
		p.How = "`load " + commandOf(r.Load) + " " + strings.Join(settings, " ") + "`"
		p.Where = r.Machine + ", load " + r.Busy
	}
	return nil
}

// commandOf is the sub-command of a report.
func commandOf(load string) string {
	return map[string]string{"Open web chats": "chats", "Telegram's updates": "webhook", "Answers": "answers", "Desks": "desks", "Soak": "soak"}[load]
}

// The computed part of the document stands between these.
const (
	computedFrom = "<!-- computed: go run ./cmd/load sizing --measured deploy/sizing.json --write deploy/sizing.md -->\n"
	computedTo   = "<!-- end of what is computed -->\n"
)

// splice puts the computed part into a document.
func splice(document, computed string) (string, error) {
	before, rest, ok := strings.Cut(document, computedFrom)
	_, after, also := strings.Cut(rest, computedTo)
	if !ok || !also {
		return "", errors.New("the document has no place for what is computed")
	}
	return before + computedFrom + computed + computedTo + after, nil
}

func sizingCommand() *cobra.Command {
	var measured, write string
	var reports []string
	var quiet bool
	c := &cobra.Command{Use: "sizing", Short: "What a library, a municipality and a country need, computed from what was measured", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := readSizing(measured)
			if err != nil {
				return err
			}
			for _, file := range reports {
				if err := f.take(file, quiet); err != nil {
					return err
				}
			}
			if len(reports) > 0 {
				data, err := json.MarshalIndent(f, "", "  ")
				if err != nil {
					return err
				}
				if err := os.WriteFile(measured, append(data, '\n'), 0o644); err != nil {
					return err
				}
			}
			if write == "" {
				_, err = fmt.Fprint(c.OutOrStdout(), f.markdown())
				return err
			}
			document, err := os.ReadFile(write)
			if err != nil {
				return err
			}
			text, err := splice(string(document), f.markdown())
			if err != nil {
				return fmt.Errorf("%s: %w", write, err)
			}
			return os.WriteFile(write, []byte(text), 0o644)
		}}
	c.Flags().StringVar(&measured, "measured", "deploy/sizing.json", "what was measured, and the sizes that are asked about")
	c.Flags().StringArrayVar(&reports, "take", nil, "JSON of a load: its figures go into --measured first; may be repeated")
	c.Flags().BoolVar(&quiet, "quiet", false, "the machine did nothing else while those were taken")
	c.Flags().StringVar(&write, "write", "", "document whose computed part is written anew; none: it is printed")
	return c
}
