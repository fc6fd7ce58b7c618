package manifests

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

// checkForgotten: a recovery brings back who was forgotten, so a list of them is written often, where the database's end doesn't reach it; and nobody who
// comes to the program meets the one who writes it.
func checkForgotten(t *testing.T, c *cluster) {
	if len(c.crons) != 1 {
		t.Fatalf("%d jobs go by the clock", len(c.crons))
	}
	j := c.crons[0]
	pod := j.Spec.JobTemplate.Spec.Template
	command := pod.Spec.Containers[0].Args
	if len(command) != 4 || !slices.Equal(command[:2], []string{"forgotten", "keep"}) || !strings.HasPrefix(command[3], "--wait=") {
		t.Fatalf("the job does %q", command)
	}
	if minute, rest, _ := strings.Cut(j.Spec.Schedule, " "); rest != "* * * *" || minute == "*" {
		t.Errorf("the list is written at %q, not once an hour", j.Spec.Schedule)
	}
	if !slices.ContainsFunc(pod.Spec.Containers[0].VolumeMounts, func(m core.VolumeMount) bool {
		return m.MountPath == filepath.Dir(command[2]) && slices.ContainsFunc(pod.Spec.Volumes, func(v core.Volume) bool { return v.Name == m.Name && v.PersistentVolumeClaim != nil })
	}) {
		t.Error("the list is on no disk that stays")
	}
	for _, s := range c.services {
		if within(s.Spec.Selector, pod.Labels) {
			t.Errorf("the service %s sends people to the job", s.Name)
		}
	}
	for _, d := range c.deployments {
		if theirs, its := databaseSecrets(d.Spec.Template.Spec), databaseSecrets(pod.Spec); len(theirs) != 1 || !slices.Equal(theirs, its) {
			t.Errorf("the program asks the database of %q, and the job that of %q", theirs, its)
		}
	}
	watched := len(c.rules) == 0
	for _, r := range c.rules {
		watched = watched || strings.Contains(fmt.Sprint(r.Spec.Groups), `{namespace="`+j.Namespace+`",cronjob="`+j.Name+`"}`)
	}
	if !watched {
		t.Errorf("no rule watches the job %s", j.Name)
	}
}

// databaseSecrets are those from which a pod's containers take the database's address.
func databaseSecrets(p core.PodSpec) (names []string) {
	for _, x := range slices.Concat(p.InitContainers, p.Containers) {
		for _, e := range x.Env {
			if e.Name == "DATABASE_URL" && !slices.Contains(names, e.ValueFrom.SecretKeyRef.Name) {
				names = append(names, e.ValueFrom.SecretKeyRef.Name)
			}
		}
	}
	return names
}

// TestTurned: the patches that the README gives for a recovery turn the program, the job that forgets again and the backups alike, and the policies let
// each of them reach the new database.
func TestTurned(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(kubernetes, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	patches := regexp.MustCompile("(?s)```yaml\n(  - target: .*?)```").FindSubmatch(readme)
	if patches == nil {
		t.Fatal("the README shows no patches")
	}
	own := copied(t)
	turned := filepath.Join(own, "overlays", "turned")
	if err := os.Mkdir(turned, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../country]\npatches:\n" + string(patches[1])
	if err := os.WriteFile(filepath.Join(turned, "kustomization.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c := render(t, turned)
	const fresh = "orientir-db-2"
	checkForgotten(t, c)
	if at := databaseSecrets(c.crons[0].Spec.JobTemplate.Spec.Template.Spec); !slices.Equal(at, []string{fresh + "-app"}) {
		t.Errorf("who was forgotten is forgotten again by %q", at)
	}
	if saved := c.schedules[0].Spec.Cluster.Name; saved != fresh {
		t.Errorf("each night %s is saved", saved)
	}
	database := map[string]string{"cnpg.io/cluster": fresh}
	for _, p := range c.pods(t) {
		if databaseSecrets(p.spec) == nil {
			continue
		}
		var out, in bool
		for _, n := range c.policies {
			for _, rule := range n.Spec.Egress {
				out = out || chosen(&n.Spec.PodSelector, p.labels) && slices.ContainsFunc(rule.To, func(to networking.NetworkPolicyPeer) bool { return chosen(to.PodSelector, database) })
			}
			for _, rule := range n.Spec.Ingress {
				in = in || chosen(&n.Spec.PodSelector, database) && slices.ContainsFunc(rule.From, func(from networking.NetworkPolicyPeer) bool { return chosen(from.PodSelector, p.labels) })
			}
		}
		if !out || !in {
			t.Errorf("%s may go to the new database: %t; it lets it in: %t", p.name, out, in)
		}
	}
}

// TestReplaced: when nobody goes back any more the old cluster is taken out of the overlay, and everything else stays; by the README its backups go too,
// which no living cluster prunes.
func TestReplaced(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(kubernetes, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	gone := regexp.MustCompile("(?s)```yaml\n(  - patch: .*?)```").FindSubmatch(readme)
	if gone == nil {
		t.Fatal("the README takes nothing away")
	}
	replaced := filepath.Join(copied(t), "overlays", "replaced")
	if err := os.Mkdir(replaced, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../country]\npatches:\n" + string(gone[1])
	if err := os.WriteFile(filepath.Join(replaced, "kustomization.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	before, after := render(t, filepath.Join(kubernetes, "overlays", "country")), render(t, replaced)
	if len(after.databases) != 0 || len(after.policies) != len(before.policies) || len(after.stores) != 1 || len(after.schedules) != 1 {
		t.Errorf("there stay %d databases, %d policies, %d stores, %d schedules", len(after.databases), len(after.policies), len(after.stores), len(after.schedules))
	}
	old := before.databases[0].Name
	if !regexp.MustCompile(`s3 rm --recursive s3://\S+/` + old + `/\s`).Match(readme) {
		t.Errorf("the backups of %s stay for ever, with all that was to be deleted", old)
	}
}

// TestRecovered: the cluster that the README has filled from the object store gives its program the database that was saved. Without the names CloudNativePG
// makes one of its own beside it, and a secret that leads there.
func TestRecovered(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(kubernetes, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(apiVersion: postgresql.*?)```").FindSubmatch(readme)
	if block == nil {
		t.Fatal("the README shows no recovery")
	}
	c := &cluster{}
	if err := c.add("postgresql.cnpg.io/v1/Cluster", block[1]); err != nil {
		t.Fatal(err)
	}
	recovered, saved := c.databases[0], render(t, filepath.Join(kubernetes, "overlays", "municipality"))
	old := saved.databases[0]
	r, init := recovered.Spec.Bootstrap.Recovery, old.Spec.Bootstrap.InitDB
	if r == nil || r.Database != init.Database || r.Owner != init.Owner || r.RecoveryTarget == nil || r.RecoveryTarget.TargetTime == "" {
		t.Errorf("recovered is %+v of what was made as %+v", r, init)
	}
	if from := recovered.Spec.ExternalClusters; len(from) != 1 || r != nil && from[0].Name != r.Source || from[0].PluginConfiguration == nil ||
		from[0].PluginConfiguration.Parameters["barmanObjectName"] != saved.stores[0].Name || from[0].PluginConfiguration.Parameters["serverName"] != old.Name {
		t.Errorf("it is filled from %+v", from)
	}
}

// hasDatabaseSecret: CloudNativePG makes NAME-app for the owner of the database.
func (c *cluster) hasDatabaseSecret(name string) bool {
	for _, d := range c.databases {
		if d.Name+"-app" == name {
			return true
		}
	}
	return false
}

func checkDatabase(t *testing.T, c *cluster, all []pods) {
	if len(c.databases) != 1 || len(c.schedules) != 1 || len(c.stores) != 1 {
		t.Fatalf("%d databases, %d schedules of backups, %d places for them", len(c.databases), len(c.schedules), len(c.stores))
	}
	d, s, store := c.databases[0], c.schedules[0], c.stores[0]
	var allowed int
	if _, err := fmt.Sscan(d.Spec.PostgresConfiguration.Parameters["max_connections"], &allowed); err != nil {
		t.Fatal(err)
	}
	need := 10
	for _, p := range all {
		if slices.Contains(databaseSecrets(p.spec), d.Name+"-app") {
			need += p.most * connections
		}
	}
	if need <= 10 || need > allowed {
		t.Errorf("%d connections may be held, and the database has %d", need, allowed)
	}
	init := d.Spec.Bootstrap.InitDB
	if init == nil || init.LocaleCollate != "C" || init.Encoding != "UTF8" || !slices.Contains(init.PostInitApplicationSQL, "CREATE EXTENSION vector") {
		t.Errorf("the database is made without pgvector, or sorts by the system's library: %+v", init)
	}
	if init != nil && !slices.Contains(init.PostInitSQL, "GRANT pg_monitor TO "+init.Owner) {
		t.Error("the program may not know whether the standbys follow, and StandbyBehind never fires")
	}
	if !pinned(d.Spec.ImageName) {
		t.Errorf("%s runs %s, whatever that is on the day", d.Name, d.Spec.ImageName)
	}
	if !strings.Contains(d.Spec.ImageName, "standard") && len(d.Spec.PostgresConfiguration.Extensions) == 0 {
		t.Errorf("the image %s has no pgvector", d.Spec.ImageName)
	}
	// CloudNativePG logs as CSV, which has the details of an error whatever log_error_verbosity says.
	if p := d.Spec.PostgresConfiguration.Parameters; p["log_min_error_statement"] != "panic" || p["log_min_messages"] != "log" {
		t.Error("what people wrote may reach the database's log")
	}
	if wait := d.Spec.SmartShutdownTimeout; wait == nil || *wait != 0 {
		t.Error("a primary that goes waits for connections that the program never gives back")
	}
	if len(d.Spec.Plugins) != 1 || d.Spec.Plugins[0].IsWALArchiver == nil || !*d.Spec.Plugins[0].IsWALArchiver || d.Spec.Plugins[0].Parameters["barmanObjectName"] != store.Name {
		t.Error("the database's log is kept nowhere")
	}
	if s.Spec.Cluster.Name != d.Name || s.Spec.PluginConfiguration == nil || s.Spec.PluginConfiguration.Name != d.Spec.Plugins[0].Name || len(strings.Fields(s.Spec.Schedule)) != 6 {
		t.Error("nothing saves the database by the clock")
	}
	if at := store.Spec.Configuration; at.Wal != nil && at.Wal.Encryption != "" || at.Data != nil && at.Data.Encryption != "" {
		t.Error("the backups ask the object store for an encryption that many refuse: the log would be kept nowhere, and fill its disk")
	}
	if store.Spec.RetentionPolicy != "30d" {
		t.Errorf("backups are kept for %s", store.Spec.RetentionPolicy)
	}
	if d.Spec.Instances == 1 && d.Spec.PostgresConfiguration.Synchronous != nil {
		t.Error("a lonely database waits for a second")
	}
	// CloudNativePG asks for one primary at any moment, whatever the number of instances.
	if keeps := d.Spec.EnablePDB == nil || *d.Spec.EnablePDB; keeps != (d.Spec.Instances > 1) {
		t.Errorf("of %d instances of the database one must stay: %t", d.Spec.Instances, keeps)
	}
	if aws := store.Spec.Configuration.BarmanCredentials.AWS; aws == nil || aws.AccessKeyIDReference.Name != "orientir-backups" || aws.SecretAccessKeyReference.Name != "orientir-backups" {
		t.Errorf("the backups' secrets are %+v", aws)
	}
}
