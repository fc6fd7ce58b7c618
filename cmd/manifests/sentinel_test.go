package manifests

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
)

// TestAReplicaHasADisk: a Valkey that holds something takes the primary's by way of a file where it lies.
func TestAReplicaHasADisk(t *testing.T) {
	pod := render(t, filepath.Join(kubernetes, "overlays", "country")).sets[0].Spec.Template.Spec
	valkey := pod.Containers[slices.IndexFunc(pod.Containers, func(x core.Container) bool { return x.Name == "valkey" })]
	at := slices.IndexFunc(valkey.VolumeMounts, func(m core.VolumeMount) bool { return m.MountPath == "/data" })
	if at < 0 || !slices.ContainsFunc(pod.Volumes, func(v core.Volume) bool { return v.Name == valkey.VolumeMounts[at].Name && v.EmptyDir != nil }) {
		t.Error("a replica can't take what the primary holds: its working directory is read-only")
	}
}

// TestAReplicaIsReadyWithWhatThePrimaryHolds: before that it is no copy, and nothing that takes another away may count it.
func TestAReplicaIsReadyWithWhatThePrimaryHolds(t *testing.T) {
	containers := render(t, filepath.Join(kubernetes, "overlays", "country")).sets[0].Spec.Template.Spec.Containers
	probe := containers[slices.IndexFunc(containers, func(x core.Container) bool { return x.Name == "valkey" })].ReadinessProbe
	for says, ready := range map[string]bool{
		"role:master\nconnected_slaves:2":               true,
		"role:slave\nmaster_link_status:up":             true,
		"role:slave\nmaster_link_status:down":           false,
		"NOAUTH Authentication required.":               false,
		"Could not connect to Valkey at 127.0.0.1:6379": false,
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "valkey-cli"), []byte("#!/bin/sh\nprintf '"+says+"\n'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		run := exec.Command(probe.Exec.Command[0], probe.Exec.Command[1:]...)
		run.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "REDIS_PASSWORD=8c1f0d7e"}
		if err := run.Run(); (err == nil) != ready {
			t.Errorf("a Valkey that says %q: %v", says, err)
		}
	}
}

// TestWhatASentinelSays: a peer that knows another password says so on its standard output. Taken for the primary's name it would keep the pod from ever
// starting.
func TestWhatASentinelSays(t *testing.T) {
	for _, c := range []struct{ says, primary string }{
		{"orientir-redis-2.orientir-redis\n6379", "orientir-redis-2.orientir-redis"},
		{"NOAUTH Authentication required.", "orientir-redis-0.orientir-redis"},
		{"WRONGPASS invalid username-password pair or user is disabled.", "orientir-redis-0.orientir-redis"},
		{"", "orientir-redis-0.orientir-redis"},
	} {
		for script, want := range map[string]string{"start-valkey": "replicaof " + c.primary + " 6379", "start-sentinel": "sentinel monitor orientir " + c.primary + " 6379 2"} {
			folder := t.TempDir()
			for name, text := range map[string]string{"valkey-cli": "cat " + folder + "/says", "hostname": "echo orientir-redis-1", "valkey-server": `cat "$1"`} {
				if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(folder, "says"), []byte(c.says), 0o644); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(kubernetes, "components", "sentinel", script))
			if err != nil {
				t.Fatal(err)
			}
			run := exec.Command("sh", "-c", strings.ReplaceAll(string(text), "/run/valkey", folder))
			run.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "REDIS_PASSWORD=8c1f0d7e"}
			if out, err := run.CombinedOutput(); err != nil || !slices.Contains(strings.Split(string(out), "\n"), want) {
				t.Errorf("%s where a peer says %q: %v\n%s", script, c.says, err, out)
			}
		}
	}
}
