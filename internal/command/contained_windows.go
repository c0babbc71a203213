package command

import (
	"errors"
	"os/exec"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// leaveTerminal gives a program no console.
func leaveTerminal(cmd *exec.Cmd) {
	attributes(cmd).CreationFlags |= windows.DETACHED_PROCESS
}

// runContained runs a program in a job object, and ends what is left in that.
func runContained(cmd *exec.Cmd, _ uint64) error {
	attributes(cmd).CreationFlags |= windows.CREATE_NO_WINDOW
	held, err := newJob()
	if err != nil {
		return err
	}
	defer held.close()
	cmd.Cancel = func() error { return windows.TerminateJobObject(windows.Handle(held), 1) }
	if err := held.start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// InOurPlace runs a program that takes our place as far as Windows has that. If we are killed it ends with us, and all that
// it has started; if it ends by itself, what it has started goes on.
func InOurPlace(cmd *exec.Cmd) error {
	held, err := newJob()
	if err != nil {
		return err
	}
	defer held.close()
	if err := held.start(cmd); err != nil {
		return err
	}
	err = cmd.Wait()
	_ = held.limit(0)
	return err
}

// job is a job object: what is in it ends when the last handle of it is closed, and so with us at the latest.
// https://learn.microsoft.com/windows/win32/procthread/job-objects
type job windows.Handle

func newJob() (job, error) {
	handle, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	if err := job(handle).limit(windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE); err != nil {
		job(handle).close()
		return 0, err
	}
	return job(handle), nil
}

// start starts a program in the job. It is suspended until it is there, as what it starts before would be outside.
func (j job) start(cmd *exec.Cmd) error {
	if err := quoteForBatch(cmd); err != nil {
		return err
	}
	attributes(cmd).CreationFlags |= windows.CREATE_SUSPENDED
	if err := cmd.Start(); err != nil {
		return err
	}
	var put error
	err := cmd.Process.WithHandle(func(process uintptr) {
		put = windows.AssignProcessToJobObject(windows.Handle(j), windows.Handle(process))
	})
	if err = errors.Join(err, put); err == nil {
		err = resume(uint32(cmd.Process.Pid)) //nolint:gosec // process ids are of 32 bits
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return err
}

func (j job) limit(flags uint32) error {
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = flags
	_, err := windows.SetInformationJobObject(windows.Handle(j), windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	return err
}

func (j job) close() { _ = windows.CloseHandle(windows.Handle(j)) }

// resume lets the only thread of a suspended program run.
func resume(process uint32) error {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(snapshot) }()
	entry := windows.ThreadEntry32{Size: uint32(unsafe.Sizeof(windows.ThreadEntry32{}))}
	for err = windows.Thread32First(snapshot, &entry); err == nil; err = windows.Thread32Next(snapshot, &entry) {
		if entry.OwnerProcessID != process {
			continue
		}
		thread, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, entry.ThreadID)
		if err != nil {
			return err
		}
		_, err = windows.ResumeThread(thread)
		return errors.Join(err, windows.CloseHandle(thread))
	}
	return err
}

func attributes(cmd *exec.Cmd) *syscall.SysProcAttr {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	return cmd.SysProcAttr
}

// quoteForBatch has a batch file run by cmd.exe with a command line as that reads it.
func quoteForBatch(cmd *exec.Cmd) error {
	if path, err := exec.LookPath(cmd.Path); err == nil { // which adds .bat where that is meant
		cmd.Path = path
	}
	if !isBatch(cmd.Path) {
		return nil
	}
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return err
	}
	shell := filepath.Join(system, "cmd.exe")
	line, err := batchLine(shell, cmd.Path, cmd.Args[min(1, len(cmd.Args)):])
	if err != nil {
		return err
	}
	attributes(cmd).CmdLine, cmd.Path, cmd.Args = line, shell, nil
	return nil
}
