package bot

import "testing"

func TestAudienceIsKeptWithTheContactUntilForgotten(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.says("трябва ми съдебно")
	h.works()
	h.presses("audience:business")
	h.works()
	if got := h.conversation().Audience; got != "business" {
		t.Fatalf("kept %q", got)
	}
	h.presses("audience:citizen")
	h.works()
	if got := h.conversation().Audience; got != "citizen" {
		t.Fatalf("changed to %q", got)
	}
	h.gets(Incoming{Kind: Command, Command: "forget"})
	h.works()
	if got := h.conversation().Audience; got != "" {
		t.Fatalf("after /forget %q is kept", got)
	}
}
