package postgres

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"
)

// Jobs hears how the background jobs of a process go. A job's name is a constant of the program.
type Jobs interface {
	// Leads says that this process has the lead of a job, or has not.
	Leads(job string, yes bool)
	// Done says that a round of a job ended, how long it took, and what went wrong.
	Done(job string, took time.Duration, err error)
}

type jobsKey struct{}

// WithJobs gives a context whose jobs are heard by j: Lead, LeadEvery and Round under it tell.
func WithJobs(ctx context.Context, j Jobs) context.Context {
	return context.WithValue(ctx, jobsKey{}, j)
}

// Safely makes an error of a panic: one strange row must not take down what serves everybody, and then, since others take it over, the next process.
func Safely(step func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	return step()
}

// Round runs one round of a job and tells who hears of jobs. A round that ends because the program stops is not told; one that panics has failed.
func Round(ctx context.Context, job string, round func(context.Context) error) error {
	began := time.Now()
	err := Safely(func() error { return round(ctx) })
	if ctx.Err() == nil {
		jobsOf(ctx).Done(job, time.Since(began), err)
	}
	return err
}

func jobsOf(ctx context.Context) Jobs {
	if j, ok := ctx.Value(jobsKey{}).(Jobs); ok {
		return j
	}
	return unheard{}
}

type unheard struct{}

func (unheard) Leads(string, bool)                {}
func (unheard) Done(string, time.Duration, error) {}
