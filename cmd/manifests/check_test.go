package manifests

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// answers are what a cluster that has all says to each question of deploy/kubernetes/check, by some words of it.
var answers = [][3]string{ // when, what is asked for, what is said
	{"before", "get namespace default ", "namespace/default"},
	{"before", "get crd clusters.postgresql.cnpg.io ", "x"},
	{"before", "get crd objectstores.barmancloud.cnpg.io ", "x"},
	{"before", "get deployments -A -l app.kubernetes.io/name=cloudnative-pg ", "cnpg-system ghcr.io/cloudnative-pg/cloudnative-pg:1.27.0"},
	{"before", "get storageclasses ", "true"},
	{"before", "get apiservice v1beta1.metrics.k8s.io ", "True"},
	{"before", "get pods -n kube-system -l k8s-app=kube-dns ", "pod/coredns"},
	{"before", "get pods -A -l app.kubernetes.io/name=ingress-nginx ", "ingress-nginx"},
	{"before", "get clusterissuers ", "x"},
	{"before", "get crd prometheusrules.monitoring.coreos.com ", "x"},
	{"before", "get secret orientir -o jsonpath={.data.REDIS_PASSWORD}", "x"},
	{"before", "get secret orientir -o jsonpath={.data.REDIS_URL}", "x"},
	{"before", "get secret orientir -o jsonpath={.data.ORIENTIR_SECRET_KEY}", "x"},
	{"before", "get secret orientir-backups -o jsonpath={.data.ACCESS_KEY_ID}", "x"},
	{"before", "get secret orientir-backups -o jsonpath={.data.SECRET_ACCESS_KEY}", "x"},
	{"after", "get deployment orientir ", "True"},
	{"after", "exec deployment/orientir -- /orientir health --ready", "ok"},
	{"after", "get clusters.postgresql.cnpg.io ", "orientir-db 2 2 True"},
	{"after", "get backups.postgresql.cnpg.io ", "failed\ncompleted"},
	{"after", "get cronjob orientir-forgotten ", "2026-11-26T20:30:05Z"},
	{"after", "get statefulset orientir-redis ", "3=3"},
	{"after", "get ingress orientir ", "orientir-tls"},
	{"after", "get secret orientir-tls ", "x"},
	{"after", "get configmap True ", "https://orientir.vratsa.bg"}, // as the answer about the deployment names it
	{"after", "https://orientir.vratsa.bg/readyz", "ok"},           // by curl
}

// TestCheckFindsWhatIsMissing asks a cluster that has all, and then one that lacks a thing, or has another in its place.
func TestCheckFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	ask := func(t *testing.T, when, except, instead string) (said string, well bool) {
		t.Helper()
		var text strings.Builder
		text.WriteString("#!/bin/sh\ncase \"$* \" in\n")
		for _, a := range answers {
			if a[0] != when || a[1] == except && instead == "" {
				continue
			}
			if a[1] == except {
				a[2] = instead
			}
			text.WriteString("*'" + a[1] + "'*) printf '%s\\n' '" + a[2] + "' ;;\n")
		}
		text.WriteString("*) exit 1 ;;\nesac\n")
		folder := t.TempDir()
		for _, program := range []string{"kubectl", "curl"} {
			if err := os.WriteFile(filepath.Join(folder, program), []byte(text.String()), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		run := exec.Command("bash", filepath.Join(kubernetes, "check"), when)
		run.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH")}
		out, err := run.CombinedOutput()
		if end := (*exec.ExitError)(nil); err != nil && !errors.As(err, &end) {
			t.Fatal(err)
		}
		return string(out), err == nil
	}
	for _, when := range []string{"before", "after"} {
		if said, well := ask(t, when, "", ""); !well || strings.Contains(said, "FAULT") || strings.Contains(said, " ? ") || strings.Count(said, "\n") < 8 {
			t.Errorf("%s, where all is well: %t\n%s", when, well, said)
		}
	}
	for _, a := range answers {
		said, well := ask(t, a[0], a[1], "")
		mark := "FAULT"
		for _, may := range []string{"cloudnative-pg ", "kube-dns", "ingress-nginx", "clusterissuers", "prometheusrules"} {
			if strings.Contains(a[1], may) {
				mark = " ? " // there may be another, or none
			}
		}
		if a[1] == "get ingress orientir " {
			continue // a route of the Gateway API
		}
		if !strings.Contains(said, mark) || well != (mark == " ? ") {
			t.Errorf("nobody is told that there is no answer to %q: %t\n%s", a[1], well, said)
		}
	}
	for _, c := range [][3]string{
		{"before", "get deployments -A -l app.kubernetes.io/name=cloudnative-pg ", "cnpg-system ghcr.io/cloudnative-pg/cloudnative-pg:1.9.2"},
		{"before", "get deployments -A -l app.kubernetes.io/name=cloudnative-pg ", "openshift-operators ghcr.io/cloudnative-pg/cloudnative-pg:1.27.0"},
		{"after", "get clusters.postgresql.cnpg.io ", "orientir-db 2 1 True"},
		{"after", "get clusters.postgresql.cnpg.io ", "orientir-db 2 2 False"},
		{"after", "get backups.postgresql.cnpg.io ", "failed"},
		{"after", "get statefulset orientir-redis ", "3="},
	} {
		if said, well := ask(t, c[0], c[1], c[2]); well || !strings.Contains(said, "FAULT") {
			t.Errorf("nobody is told of %q\n%s", c[2], said)
		}
	}
}
