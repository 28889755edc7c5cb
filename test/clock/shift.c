/*
 * Runs a command, and every process that it starts, with the clock of the machine shifted by a number
 * of seconds:
 *
 *   shift <seconds> <command> [arguments]
 *
 * Why not libfaketime alone: it works by LD_PRELOAD, and the Temporal CLI is a Go program, which reads
 * the clock from the kernel's vDSO and loads no library. Here each new program is stopped once, at its
 * exec, and the three functions of its vDSO that return the time of day are overwritten with short
 * ones that ask the kernel and add the shift. Node, Postgres, Temporal and Chromium then agree on the
 * time, and run at nearly full speed. Monotonic clocks, timers and time stamps of files stay as they are.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "only for x86-64: the functions below are its machine code"
#endif

#define SHIFT_AT(i) 0, 0, 0, 0, 0, 0, 0, 0 /* the shift, at byte i; filled in below */

static unsigned char clock_gettime_code[] = {
    0xb8, 0xe4, 0, 0, 0,          /*  0 mov  $228, %eax      clock_gettime */
    0x0f, 0x05,                   /*  5 syscall */
    0x85, 0xc0,                   /*  7 test %eax, %eax */
    0x75, 0x17,                   /*  9 jne  34              it failed */
    0x85, 0xff,                   /* 11 test %edi, %edi      CLOCK_REALTIME */
    0x74, 0x05,                   /* 13 je   20 */
    0x83, 0xff, 0x05,             /* 15 cmp  $5, %edi        CLOCK_REALTIME_COARSE */
    0x75, 0x0d,                   /* 18 jne  33 */
    0x48, 0xb9, SHIFT_AT(22),     /* 20 movabs $shift, %rcx */
    0x48, 0x01, 0x0e,             /* 30 add  %rcx, (%rsi) */
    0xc3,                         /* 33 ret */
    0xc3,                         /* 34 ret */
};
static unsigned char gettimeofday_code[] = {
    0xb8, 0x60, 0, 0, 0,          /*  0 mov  $96, %eax       gettimeofday */
    0x0f, 0x05,                   /*  5 syscall */
    0x48, 0x85, 0xff,             /*  7 test %rdi, %rdi      only the zone is asked for */
    0x74, 0x0d,                   /* 10 je   25 */
    0x48, 0xb9, SHIFT_AT(14),     /* 12 movabs $shift, %rcx */
    0x48, 0x01, 0x0f,             /* 22 add  %rcx, (%rdi) */
    0xc3,                         /* 25 ret */
};
static unsigned char time_code[] = {
    0xb8, 0xc9, 0, 0, 0,          /*  0 mov  $201, %eax      time */
    0x48, 0x89, 0xfa,             /*  5 mov  %rdi, %rdx */
    0x31, 0xff,                   /*  8 xor  %edi, %edi */
    0x0f, 0x05,                   /* 10 syscall */
    0x48, 0xb9, SHIFT_AT(14),     /* 12 movabs $shift, %rcx */
    0x48, 0x01, 0xc8,             /* 22 add  %rcx, %rax */
    0x48, 0x85, 0xd2,             /* 25 test %rdx, %rdx */
    0x74, 0x03,                   /* 28 je   33 */
    0x48, 0x89, 0x02,             /* 30 mov  %rax, (%rdx) */
    0xc3,                         /* 33 ret */
};

static struct {
  const char *name;
  unsigned char *code;
  size_t size, shift_at, offset; /* offset: within the vDSO, which is the same image in each process */
} patches[] = {
    {"__vdso_clock_gettime", clock_gettime_code, sizeof clock_gettime_code, 22, 0},
    {"__vdso_gettimeofday", gettimeofday_code, sizeof gettimeofday_code, 14, 0},
    {"__vdso_time", time_code, sizeof time_code, 14, 0},
};
#define PATCHES (sizeof patches / sizeof *patches)

static void fail(const char *what) {
  fprintf(stderr, "shift: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(126);
}

/* Finds each function in this process's own vDSO. */
static void find_functions(void) {
  const char *base = (const char *)getauxval(AT_SYSINFO_EHDR);
  errno = 0;
  if (!base) fail("this kernel offers no vDSO");
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)base;
  const Elf64_Phdr *segment = (const Elf64_Phdr *)(base + header->e_phoff);
  const Elf64_Dyn *dynamic = NULL;
  for (int i = 0; i < header->e_phnum; i++)
    if (segment[i].p_type == PT_DYNAMIC) dynamic = (const Elf64_Dyn *)(base + segment[i].p_vaddr);
  const Elf64_Sym *symbols = NULL;
  const char *names = NULL;
  const uint32_t *hash = NULL;
  for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
    if (dynamic->d_tag == DT_SYMTAB) symbols = (const Elf64_Sym *)(base + dynamic->d_un.d_ptr);
    if (dynamic->d_tag == DT_STRTAB) names = base + dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_HASH) hash = (const uint32_t *)(base + dynamic->d_un.d_ptr);
  }
  if (!symbols || !names || !hash) fail("the vDSO of this kernel has no table of symbols");
  for (size_t p = 0; p < PATCHES; p++) {
    for (uint32_t i = 0; i < hash[1]; i++) {
      if (strcmp(names + symbols[i].st_name, patches[p].name) != 0) continue;
      if (symbols[i].st_size < patches[p].size) fail("a function of the vDSO is too short to replace");
      patches[p].offset = symbols[i].st_value;
    }
    if (!patches[p].offset) fail("the vDSO of this kernel lacks a function that returns the time");
  }
}

/* Overwrites the functions of a process that has just begun a program and run none of it. */
static void patch(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/auxv", pid);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return; /* it was killed meanwhile */
  Elf64_auxv_t entries[64];
  ssize_t got = read(file, entries, sizeof entries);
  close(file);
  uint64_t base = 0;
  for (size_t i = 0; got > 0 && i < (size_t)got / sizeof *entries; i++)
    if (entries[i].a_type == AT_SYSINFO_EHDR) base = entries[i].a_un.a_val;
  if (!base) fail("a program without a vDSO was started");
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  for (size_t p = 0; p < PATCHES; p++) {
    off_t at = (off_t)(base + patches[p].offset);
    errno = 0;
    if (pwrite(file, patches[p].code, patches[p].size, at) != (ssize_t)patches[p].size && errno != ESRCH)
      fail("the clock of a new program cannot be replaced");
  }
  close(file);
}

static pid_t command;
static void pass_on(int number) { kill(command, number); }

/* Lets a stopped thread go on, the way ptrace(2) asks for after PTRACE_SEIZE. */
static void go_on(pid_t pid, int status) {
  int event = status >> 16, number = WSTOPSIG(status);
  if (event == PTRACE_EVENT_EXEC) patch(pid);
  int stops = number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
  if (event == PTRACE_EVENT_STOP && stops) ptrace(PTRACE_LISTEN, pid, 0, 0);
  else ptrace(PTRACE_CONT, pid, 0, event ? 0 : number);
}

int main(int count, char **words) {
  char *end = NULL;
  int64_t shift = count > 2 ? strtoll(words[1], &end, 10) : 0;
  if (count < 3 || *words[1] == 0 || *end) {
    fputs("usage: shift <seconds> <command> [arguments]\n", stderr);
    return 126;
  }
  find_functions();
  for (size_t p = 0; p < PATCHES; p++) memcpy(patches[p].code + patches[p].shift_at, &shift, sizeof shift);

  int ready[2];
  if (pipe2(ready, O_CLOEXEC)) fail("pipe");
  command = fork();
  if (command < 0) fail("fork");
  if (command == 0) {
    char byte;
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) _exit(126); /* it could not be traced */
    execvp(words[2], words + 2);
    perror(words[2]);
    _exit(127);
  }
  long options = PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
  if (ptrace(PTRACE_SEIZE, command, 0, options)) fail("this machine does not let a process be traced");
  for (const int *s = (const int[]){SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0}; *s; s++) signal(*s, pass_on);
  if (write(ready[1], "", 1) != 1) fail("pipe");

  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) fail("waitpid");
    if (WIFSTOPPED(status)) go_on(pid, status);
    else if (pid == command) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}
