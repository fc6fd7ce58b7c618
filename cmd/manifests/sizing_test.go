package manifests

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

// sized gives what deploy/sizing.md computes for one size: the rows of its table by their first cell, without emphasis.
func sized(t *testing.T, size string) map[string]float64 {
	t.Helper()
	text, err := os.ReadFile("../../deploy/sizing.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, column := map[string]float64{}, 0
	for line := range strings.SplitSeq(string(text), "\n") {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		if len(cells) == 3 && strings.HasPrefix(line, "| |") { // the head has no first cell
			for i, cell := range cells {
				if strings.TrimSpace(cell) == size {
					column = i + 1
				}
			}
			continue
		}
		if column == 0 || len(cells) != 4 {
			continue
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(cells[column]), ",", ""), 64)
		if err == nil {
			rows[strings.ReplaceAll(strings.TrimSpace(cells[0]), "*", "")] = n
		}
	}
	return rows
}

// TestOverlaysAreAsLargeAsComputed: who installs the overlay of a size gets what deploy/sizing.md computes for it.
func TestOverlaysAreAsLargeAsComputed(t *testing.T) {
	t.Parallel()
	for overlay, size := range map[string]string{"library": "a library", "municipality": "a municipality", "country": "a country"} {
		t.Run(overlay, func(t *testing.T) {
			t.Parallel()
			c, rows := render(t, filepath.Join(kubernetes, "overlays", overlay)), sized(t, size)
			enough := func(row string, have float64) {
				t.Helper()
				if need, ok := rows[row]; !ok || have < need {
					t.Errorf("%s: %v, and %v are computed (%v)", row, have, need, ok)
				}
			}
			program, scale, database := c.deployments[0].Spec.Template.Spec.Containers[0].Resources, c.scalers[0].Spec, c.databases[0].Spec
			enough("replicas", float64(*scale.MinReplicas))
			enough("memory of a replica, MB, when one is lost", program.Limits.Memory().AsApproximateFloat64()/1e6)
			enough("program: busy processors at the peak", 0.5*float64(scale.MaxReplicas)*program.Requests.Cpu().AsApproximateFloat64()) // half of them stay free
			enough("its processors", math.Ceil(database.Resources.Requests.Cpu().AsApproximateFloat64()))
			connections, err := strconv.ParseFloat(database.PostgresConfiguration.Parameters["max_connections"], 64)
			if err != nil {
				t.Error(err)
			}
			enough("its connections", connections)
			disk, err := resource.ParseQuantity(database.StorageConfiguration.Size)
			if err != nil {
				t.Error(err)
			}
			enough("disk for conversations, GB", disk.AsApproximateFloat64()/1e9)
		})
	}
}
