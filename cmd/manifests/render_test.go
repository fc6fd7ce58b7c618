package manifests

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	cnpg "github.com/cloudnative-pg/api/pkg/api/v1"
	barman "github.com/cloudnative-pg/barman-cloud/pkg/api"
	prometheus "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const kubernetes = "../../deploy/kubernetes"

// objectStore is the resource of CloudNativePG's plugin for Barman, whose own module can't be had alone; what it configures is Barman's type.
type objectStore struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata"`
	Spec            struct {
		Configuration   barman.BarmanObjectStoreConfiguration `json:"configuration"`
		RetentionPolicy string                                `json:"retentionPolicy,omitempty"`
	} `json:"spec"`
}

// route is the Gateway API's, as much of it as is used here; its module is as large as all of these together.
type route struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata"`
	Spec            struct {
		ParentRefs []struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"parentRefs"`
		Hostnames []string `json:"hostnames"`
		Rules     []struct {
			BackendRefs []struct {
				Name string `json:"name"`
				Port int32  `json:"port"`
			} `json:"backendRefs"`
			Timeouts struct {
				Request string `json:"request"`
			} `json:"timeouts"`
		} `json:"rules"`
	} `json:"spec"`
}

// cluster is everything that one overlay makes.
type cluster struct {
	namespaces  []*core.Namespace
	accounts    []*core.ServiceAccount
	configs     []*core.ConfigMap
	services    []*core.Service
	deployments []*apps.Deployment
	sets        []*apps.StatefulSet
	crons       []*batch.CronJob
	claims      []*core.PersistentVolumeClaim
	budgets     []*policy.PodDisruptionBudget
	scalers     []*autoscaling.HorizontalPodAutoscaler
	policies    []*networking.NetworkPolicy
	ingresses   []*networking.Ingress
	routes      []*route
	databases   []*cnpg.Cluster
	schedules   []*cnpg.ScheduledBackup
	stores      []*objectStore
	monitors    []*prometheus.PodMonitor
	rules       []*prometheus.PrometheusRule
}

// add reads one object strictly: a field that its kind doesn't have is a fault.
func (c *cluster) add(kind string, text []byte) error {
	switch kind {
	case "v1/Namespace":
		return read(&c.namespaces, text)
	case "v1/ServiceAccount":
		return read(&c.accounts, text)
	case "v1/ConfigMap":
		return read(&c.configs, text)
	case "v1/Service":
		return read(&c.services, text)
	case "apps/v1/Deployment":
		return read(&c.deployments, text)
	case "apps/v1/StatefulSet":
		return read(&c.sets, text)
	case "batch/v1/CronJob":
		return read(&c.crons, text)
	case "v1/PersistentVolumeClaim":
		return read(&c.claims, text)
	case "policy/v1/PodDisruptionBudget":
		return read(&c.budgets, text)
	case "autoscaling/v2/HorizontalPodAutoscaler":
		return read(&c.scalers, text)
	case "networking.k8s.io/v1/NetworkPolicy":
		return read(&c.policies, text)
	case "networking.k8s.io/v1/Ingress":
		return read(&c.ingresses, text)
	case "gateway.networking.k8s.io/v1/HTTPRoute":
		return read(&c.routes, text)
	case "postgresql.cnpg.io/v1/Cluster":
		return read(&c.databases, text)
	case "postgresql.cnpg.io/v1/ScheduledBackup":
		return read(&c.schedules, text)
	case "barmancloud.cnpg.io/v1/ObjectStore":
		return read(&c.stores, text)
	case "monitoring.coreos.com/v1/PodMonitor":
		return read(&c.monitors, text)
	case "monitoring.coreos.com/v1/PrometheusRule":
		return read(&c.rules, text)
	}
	return fmt.Errorf("no type for %s is known here", kind)
}

func read[T any](into *[]*T, text []byte) error {
	object := new(T)
	if err := yaml.UnmarshalStrict(text, object); err != nil {
		return err
	}
	*into = append(*into, object)
	return nil
}

// render gives what kustomize makes of a folder.
func render(t *testing.T, folder string) *cluster {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	c := &cluster{}
	for _, resource := range made.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		kind := strings.TrimPrefix(resource.GetGvk().ApiVersion()+"/"+resource.GetKind(), "/")
		if err := c.add(kind, text); err != nil {
			t.Errorf("%s: %s %s: %v", folder, kind, resource.GetName(), err)
		}
		if ns := resource.GetNamespace(); kind != "v1/Namespace" && ns != "orientir" {
			t.Errorf("%s: %s %s stands in the namespace %q", folder, kind, resource.GetName(), ns)
		}
	}
	return c
}

// overlays are rendered one by one; the last are the one that the README tells operators to write, and one with each component that none of them has.
func overlays(t *testing.T) map[string]*cluster {
	t.Helper()
	found := map[string]*cluster{}
	for _, name := range []string{"library", "municipality", "country"} {
		found[name] = render(t, filepath.Join(kubernetes, "overlays", name))
	}
	own := copied(t)
	readme, err := os.ReadFile(filepath.Join(kubernetes, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(apiVersion: kustomize.*?)```").FindSubmatch(readme)
	if block == nil {
		t.Fatal("the README shows no overlay")
	}
	mine := filepath.Join(own, "overlays", "own")
	if err := os.Mkdir(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(mine, "kustomization.yaml"), block[1], 0o644); err != nil {
		t.Fatal(err)
	}
	found["README"] = render(t, mine)
	for _, component := range []string{"tracing", "gateway"} {
		with := filepath.Join(own, "overlays", component)
		if err := os.Mkdir(with, 0o755); err != nil {
			t.Fatal(err)
		}
		text := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../library]\ncomponents: [../../components/" + component + "]\n"
		if err := os.WriteFile(filepath.Join(with, "kustomization.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		found[component] = render(t, with)
	}
	return found
}

// copied is a place beside which overlays can be written, with all that they lead to.
func copied(t *testing.T) string {
	t.Helper()
	deploy := t.TempDir()
	for _, name := range []string{"kubernetes", "watch"} {
		if err := os.CopyFS(filepath.Join(deploy, name), os.DirFS(filepath.Join(kubernetes, "..", name))); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(deploy, "kubernetes")
}

// settings are the variables that the program reads, as its own source names them.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../orientir/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("the program's source: %v, %v", files, err)
	}
	known := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"`).FindAllStringSubmatch(string(text), -1) {
			known[m[1]] = true
		}
	}
	for _, must := range []string{"DATABASE_URL", "REDIS_URL", "ORIENTIR_SECRET_KEY"} {
		if !known[must] {
			t.Fatalf("the program's source doesn't name %s", must)
		}
	}
	return known
}
