package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRecoverRefusesALogWithAGap: a server would end its recovery there, open itself to people and say nothing of what lies behind.
func TestRecoverRefusesALogWithAGap(t *testing.T) {
	t.Parallel()
	const first = "0000000100000000000000FE"
	for name, c := range map[string]struct {
		log []string
		gap bool
	}{
		"whole, over four gigabytes":  {log: []string{"0000000100000000000000FF", "000000010000000100000000", "000000010000000100000001.partial"}},
		"another timeline goes on":    {log: []string{"0000000100000000000000FF.partial", "00000002.history", "0000000200000000000000FF", "000000020000000100000000"}},
		"nothing but the base":        {},
		"what is older doesn't count": {log: []string{"000000010000000000000001", "0000000100000000000000FF"}},
		"a segment is missing":        {log: []string{"0000000100000000000000FF", "000000010000000100000001"}, gap: true},
		"the base stands alone":       {log: []string{"000000010000000100000000.partial"}, gap: true},
	} {
		dir := t.TempDir()
		base, wal := filepath.Join(dir, "base/20260101T000000Z"), filepath.Join(dir, "wal")
		for _, d := range []string{base, wal} {
			if err := os.MkdirAll(d, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(base, "start"), []byte(first+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, file := range append(c.log, "../"+first) { // only the length of the base's tells anything
			if err := os.WriteFile(filepath.Join(wal, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Truncate(filepath.Join(dir, first), 16<<20); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("tar", "-C", dir, "-czf", filepath.Join(base, "pg_wal.tar.gz"), first).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		data := filepath.Join(dir, "data")
		out, err := exec.Command("../../deploy/backup/backup", "recover", dir, data).CombinedOutput()
		if err == nil || strings.Contains(string(out), "missing") != c.gap { // there is no base.tar.gz: it ends there at the latest
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if _, err := os.Stat(data); c.gap != os.IsNotExist(err) {
			t.Errorf("%s: the directory: %v", name, err)
		}
	}
}
