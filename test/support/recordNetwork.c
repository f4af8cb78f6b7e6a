// Preloaded into every process of a program: appends to the file FALCON_CONNECTIONS a line for the process itself, and one
// for each address beyond the loopback that it connects to or sends to, and for each name that it asks for.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void record(const char *what, const char *of) {
  const char *file = getenv("FALCON_CONNECTIONS");
  if (!file) return;
  int saved = errno;
  int descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    dprintf(descriptor, "%s %s\n", what, of);
    close(descriptor);
  }
  errno = saved;
}

static void record_address(const char *what, const struct sockaddr *address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (!address) return;
  if (address->sa_family == AF_INET) {
    const struct in_addr *in = &((const struct sockaddr_in *)address)->sin_addr;
    if (ntohl(in->s_addr) >> 24 != 127) record(what, inet_ntop(AF_INET, in, text, sizeof text));
  } else if (address->sa_family == AF_INET6) {
    const struct in6_addr *in = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (!IN6_IS_ADDR_LOOPBACK(in)) record(what, inet_ntop(AF_INET6, in, text, sizeof text));
  }
}

__attribute__((constructor)) static void record_process(void) {
  char line[4096] = "";
  int descriptor = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  ssize_t length = read(descriptor, line, sizeof line - 1);
  close(descriptor);
  for (ssize_t i = 0; i < length - 1; i++)
    if (line[i] == '\0' || line[i] == '\n') line[i] = ' ';
  record("process", line);
}

// What the C library would have done.
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int connect(int descriptor, const struct sockaddr *address, socklen_t length) {
  record_address("connect", address);
  return NEXT(connect)(descriptor, address, length);
}

ssize_t sendto(int descriptor, const void *data, size_t size, int flags, const struct sockaddr *address, socklen_t length) {
  record_address("send", address);
  return NEXT(sendto)(descriptor, data, size, flags, address, length);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  record_address("send", message->msg_name);
  return NEXT(sendmsg)(descriptor, message, flags);
}

int sendmmsg(int descriptor, struct mmsghdr *messages, unsigned int count, int flags) {
  for (unsigned int i = 0; i < count; i++) record_address("send", messages[i].msg_hdr.msg_name);
  return NEXT(sendmmsg)(descriptor, messages, count, flags);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
  if (name && strcmp(name, "localhost") != 0) record("look up", name);
  return NEXT(getaddrinfo)(name, service, hints, found);
}
