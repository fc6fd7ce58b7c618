package console

import (
	"net/http"
	"slices"

	"orientir/handoff/staff"
)

// route is one line of the site's list: what is asked for, who may, and who answers.
type route struct {
	pattern string
	who     permission
	handle  func(w http.ResponseWriter, r *http.Request) error
}

// permission says who may use a route.
type permission struct {
	public bool         // also somebody who has not signed in
	roles  []staff.Role // any of these
}

func anybody() permission                 { return permission{public: true} }
func signedIn() permission                { return permission{roles: staff.Roles()} }
func only(roles ...staff.Role) permission { return permission{roles: roles} }
func (p permission) allows(r ...staff.Role) bool {
	return p.public || slices.ContainsFunc(r, func(r staff.Role) bool { return slices.Contains(p.roles, r) })
}

// Route is what others may know of a route: its pattern, and who may use it.
type Route struct {
	Pattern string
	Public  bool         // also somebody who has not signed in
	Roles   []staff.Role // any of these
}

// Routes lists the whole site for tests of the program, which ask each of them as each role.
func Routes() (list []Route) {
	for _, r := range new(site).routes() {
		list = append(list, Route{r.pattern, r.who.public, r.who.roles})
	}
	return list
}

// routes lists the whole site. A test asks every route as every role and holds the answers to a table of its own.
func (s *site) routes() []route {
	const librarian, supervisor, editor, admin = staff.Librarian, staff.Supervisor, staff.Editor, staff.Admin
	return []route{
		{"GET /console/{$}", signedIn(), s.start},
		{"GET /console/static/{name}", anybody(), s.asset},
		{"POST /console/language", anybody(), s.chooseLanguage},

		{"GET /console/sign-in", anybody(), s.signInPage},
		{"POST /console/sign-in", anybody(), s.signIn},
		{"GET /console/sign-in/code", anybody(), s.codePage},
		{"POST /console/sign-in/code", anybody(), s.signInCode},
		{"GET /console/sign-in/oidc", anybody(), s.toProvider},
		{"GET /console/sign-in/oidc/callback", anybody(), s.fromProvider},
		{"POST /console/sign-out", signedIn(), s.signOut},
		{"GET /console/welcome", anybody(), s.welcomePage},
		{"POST /console/welcome", anybody(), s.welcome},
		{"GET /console/link", anybody(), s.linkPage},
		{"POST /console/link", anybody(), s.useLink},

		{"GET /console/queue", only(librarian, supervisor), s.queuePage},
		{"GET /console/queue/stream", only(librarian, supervisor), s.queueStream},
		{"POST /console/chats/{id}/claim", only(librarian, supervisor), s.claim},
		{"GET /console/chats/{id}", only(librarian, supervisor), s.chatPage},
		{"GET /console/chats/{id}/stream", only(librarian, supervisor), s.chatStream},
		{"POST /console/chats/{id}/reply", only(librarian, supervisor), s.reply},
		{"POST /console/chats/{id}/busy", only(librarian, supervisor), s.busy},
		{"POST /console/chats/{id}/seen", only(librarian, supervisor), s.seen},
		{"GET /console/chats/{id}/suggestion", only(librarian, supervisor), s.suggestionPart},
		{"POST /console/chats/{id}/note", only(librarian, supervisor), s.note},
		{"POST /console/chats/{id}/transfer", only(librarian, supervisor), s.transfer},
		{"POST /console/chats/{id}/accept", only(librarian, supervisor), s.step(s.accept, "desk.accepted", chatPath)},
		{"POST /console/chats/{id}/decline", only(librarian, supervisor), s.decline},
		{"POST /console/chats/{id}/join", only(librarian, supervisor), s.step(s.join, "desk.joined", chatPath)},
		{"POST /console/chats/{id}/leave", only(librarian, supervisor), s.step(s.leave, "desk.left", toQueue)},
		{"POST /console/chats/{id}/take-over", only(librarian, supervisor), s.step(s.takeOver, "desk.accepted", chatPath)},
		{"POST /console/chats/{id}/block", only(librarian, supervisor), s.step(s.block, "desk.blocked", toQueue)},
		{"POST /console/chats/{id}/contact", only(librarian, supervisor), s.contact},
		{"POST /console/chats/{id}/return", only(librarian, supervisor), s.step(s.giveBack, "chat_returned", toQueue)},
		{"POST /console/chats/{id}/close", only(librarian, supervisor), s.close},
		{"POST /console/chats/{id}/draft", only(librarian, supervisor), s.draftFromChat},
		{"GET /console/canned", only(librarian, supervisor), s.cannedPage},
		{"POST /console/canned", only(librarian, supervisor), s.saveCanned},
		{"GET /console/canned/{id}", only(librarian, supervisor), s.editCannedPage},
		{"POST /console/canned/{id}", only(librarian, supervisor), s.saveCanned},
		{"POST /console/canned/{id}/remove", only(librarian, supervisor), s.removeCanned},

		{"GET /console/libraries", only(librarian, supervisor, admin), s.librariesPage},
		{"GET /console/libraries/{id}", only(librarian, supervisor, admin), s.libraryPage},
		{"POST /console/libraries/{id}/confirm", only(librarian, supervisor, admin), s.confirmLibrary},
		{"GET /console/libraries/{id}/hours", only(librarian, supervisor, admin), s.libraryHoursPage},
		{"POST /console/libraries/{id}/hours", only(librarian, supervisor, admin), s.saveLibraryHours},
		{"GET /console/libraries/{id}/days", only(librarian, supervisor, admin), s.libraryDaysPage},
		{"POST /console/libraries/{id}/days", only(librarian, supervisor, admin), s.addLibraryDay},
		{"POST /console/libraries/{id}/days/remove", only(librarian, supervisor, admin), s.removeLibraryDay},
		{"GET /console/libraries/{id}/about", only(librarian, supervisor, admin), s.libraryAboutPage},
		{"POST /console/libraries/{id}/about", only(librarian, supervisor, admin), s.saveLibraryAbout},
		{"GET /console/libraries/{id}/trainings/new", only(librarian, supervisor, admin), s.newTrainingPage},
		{"POST /console/libraries/{id}/trainings/new", only(librarian, supervisor, admin), s.addTraining},
		{"GET /console/libraries/{id}/trainings/{number}", only(librarian, supervisor, admin), s.trainingPage},
		{"POST /console/libraries/{id}/trainings/{number}", only(librarian, supervisor, admin), s.changeTraining},
		{"POST /console/libraries/{id}/trainings/{number}/cancel", only(librarian, supervisor, admin), s.cancelTraining},

		{"GET /console/guides", only(editor), s.guidesPage},
		{"GET /console/guides/{slug}", only(editor), s.guideRoomPage},
		{"GET /console/guides/new", only(editor), s.newGuidePage},
		{"POST /console/guides/new", only(editor), s.newGuide},
		{"GET /console/guides/{slug}/edit", only(editor), s.guideFormPage},
		{"POST /console/guides/{slug}/edit", only(editor), s.saveGuide},
		{"POST /console/guides/{slug}/check", only(editor), s.guideCheck},
		{"GET /console/guides/{slug}/preview", only(editor), s.guidePreview},
		{"POST /console/guides/{slug}/preview", only(editor), s.guidePreview},
		{"GET /console/guides/{slug}/names", only(editor), s.guideNames},
		{"POST /console/guides/{slug}/send", only(editor), s.guideStep("send", sendGuide)},
		{"POST /console/guides/{slug}/recall", only(editor), s.guideStep("recall", recallGuide)},
		{"POST /console/guides/{slug}/publish", only(editor), s.guideStep("publish", publishGuide)},
		{"POST /console/guides/{slug}/drop", only(editor), s.guideStep("drop", dropGuide)},
		{"POST /console/guides/{slug}/return", only(editor), s.guideStep("return", returnGuide)},
		{"POST /console/guides/{slug}/retire", only(editor), s.retireGuide},
		{"POST /console/guides/{slug}/reopen", only(editor), s.guideStep("reopen", reopenGuide)},
		{"GET /console/guides/{slug}/merge", only(editor), s.guideMergePage},
		{"POST /console/guides/{slug}/merge", only(editor), s.guideStep("merge", mergeGuide)},
		{"GET /console/guides/{slug}/history", only(editor), s.guideHistoryPage},
		{"GET /console/guides/{slug}/history/{a}", only(editor), s.guideVersionPage},
		{"GET /console/guides/{slug}/history/{a}/{b}", only(editor), s.guideDifferencePage},
		{"POST /console/guides/{slug}/history/{a}/restore", only(editor), s.guideStep("restore", restoreGuide)},
		{"GET /console/rules", only(admin), s.rulesPage},
		{"POST /console/rules", only(admin), s.saveRules},

		{"GET /console/import", only(editor), s.importPage},
		{"POST /console/import", only(editor), s.readImport},
		{"GET /console/import/export", only(editor), s.exportGuides},
		{"GET /console/import/{id}", only(editor), s.importPlanPage},
		{"POST /console/import/{id}", only(editor), s.takeImport},
		{"POST /console/import/{id}/drop", only(editor), s.dropImport},
		{"GET /console/local", only(editor), s.localPage},
		{"GET /console/local/{slug}", only(editor), s.localDoorPage},
		{"POST /console/local/{slug}", only(editor), s.saveLocalDoor},
		{"GET /console/sources", only(editor), s.sourcesPage},
		{"POST /console/sources/checked", only(editor), s.checkSource},
		{"POST /console/sources/reviewed", only(editor), s.reviewGuide},
		{"POST /console/sources/accept", only(editor), s.acceptLink},
		{"POST /console/sources/again", only(editor), s.askAgain},

		{"GET /console/tasks", only(editor), s.tasksMoved},
		{"GET /console/worklist", only(editor), s.worklistPage},
		{"GET /console/worklist/{id}", only(editor), s.problemPage},
		{"POST /console/worklist/{id}/name", only(editor), s.problemStep(s.nameProblem)},
		{"POST /console/worklist/{id}/draft", only(editor), s.problemStep(s.draftGuide)},
		{"POST /console/worklist/{id}/mend", only(editor), s.problemStep(s.mendGuide)},
		{"POST /console/worklist/{id}/sample", only(editor), s.problemStep(s.addSample)},
		{"POST /console/worklist/{id}/everyday-name", only(editor), s.problemStep(s.addEverydayName)},
		{"POST /console/worklist/{id}/aside", only(editor), s.problemStep(s.setAside)},
		{"POST /console/worklist/{id}/reopen", only(editor), s.problemStep(s.reopenProblem)},
		{"POST /console/worklist/{id}/merge", only(editor), s.problemStep(s.mergeProblem)},
		{"POST /console/worklist/{id}/split", only(editor), s.problemStep(s.splitProblem)},

		{"GET /console/guides/{slug}/try", only(editor), s.tryPage},
		{"POST /console/guides/{slug}/try", only(editor), s.try},
		{"GET /console/guides/{slug}/replay", only(editor), s.replayPage},
		{"GET /console/guides/{slug}/replay/progress", only(editor), s.replayProgress},
		{"POST /console/guides/{slug}/replay", only(editor), s.startReplay},
		{"POST /console/guides/{slug}/replay/cancel", only(editor), s.cancelReplay},

		{"GET /console/news", only(editor), s.newsPage},
		{"GET /console/news/new", only(editor), s.newNewsPage},
		{"POST /console/news/new", only(editor), s.saveNews},
		{"GET /console/news/{id}", only(editor), s.newsRoomPage},
		{"GET /console/news/{id}/edit", only(editor), s.editNewsPage},
		{"POST /console/news/{id}/edit", only(editor), s.saveNews},
		{"GET /console/news/{id}/progress", only(editor), s.newsProgressPart},
		{"POST /console/news/{id}/publish", only(editor), s.publishNews},
		{"POST /console/news/{id}/withdraw", only(editor), s.withdrawNews},
		{"POST /console/news/{id}/try", only(editor), s.tryNews},
		{"POST /console/news/{id}/stop", only(editor), s.turnNews("stop", "news.stopped", s.stopNews)},
		{"POST /console/news/{id}/resume", only(editor), s.turnNews("resume", "news.resumed", s.resumeNews)},

		{"GET /console/supervisor", only(supervisor), s.supervisorPage},
		{"POST /console/blocks/{id}/lift", only(supervisor), s.liftBlock},
		{"GET /console/transcripts", only(supervisor), s.transcriptsPage},
		{"POST /console/transcripts/export", only(supervisor), s.exportTranscripts},

		{"GET /console/feedback", only(supervisor, editor), s.feedbackPage},

		{"GET /console/figures", only(supervisor, editor, admin), s.figuresPage},
		{"GET /console/figures/{dimension}", only(supervisor, editor, admin), s.figuresFile},

		{"GET /console/people", only(admin), s.peoplePage},
		{"GET /console/people/new", only(admin), s.newPersonPage},
		{"POST /console/people/new", only(admin), s.addPerson},
		{"GET /console/people/{id}", only(admin), s.personPage},
		{"POST /console/people/{id}", only(admin), s.changePerson},
		{"POST /console/people/{id}/link", only(admin), s.linkPerson},
		{"POST /console/people/{id}/active", only(admin), s.activatePerson},
		{"POST /console/people/{id}/second-step", only(admin), s.resetSecondStep},
		{"POST /console/people/{id}/sessions", only(admin), s.endSessions},
		{"POST /console/people/second-step", only(admin), s.setSecondStepRoles},
		{"GET /console/hosts", only(admin), s.hostsPage},
		{"POST /console/hosts", only(admin), s.allowHost},
		{"POST /console/hosts/remove", only(admin), s.disallowHost},
		{"GET /console/groups", only(admin, supervisor), s.groupsPage},
		{"POST /console/groups", only(admin, supervisor), s.groupCode},
		{"POST /console/groups/{id}/remove", only(admin, supervisor), s.disconnectGroup},
		{"GET /console/audit", only(admin, supervisor), s.auditPage},

		{"GET /console/account", signedIn(), s.accountPage},
		{"POST /console/account/password", signedIn(), s.changePassword},
		{"POST /console/account/desk", only(librarian, editor), s.setDesk},
		{"POST /console/account/sessions/{id}/revoke", signedIn(), s.revokeSession},
		{"GET /console/account/second-step", signedIn(), s.secondStepPage},
		{"POST /console/account/second-step", signedIn(), s.beginSecondStep},
		{"POST /console/account/second-step/confirm", signedIn(), s.confirmSecondStep},
		{"POST /console/account/second-step/codes", signedIn(), s.newRecoveryCodes},
		{"POST /console/account/second-step/off", signedIn(), s.turnOffSecondStep},
		{"POST /console/account/telegram", signedIn(), s.telegramCode},
		{"POST /console/account/telegram/remove", signedIn(), s.unlinkTelegram},
	}
}

// start sends people to the first page that is theirs.
func (s *site) start(w http.ResponseWriter, r *http.Request) error {
	for _, item := range s.nav(visitOf(r)) {
		return seeOther(w, r, item.Path)
	}
	return seeOther(w, r, "/console/account")
}
