/* A program that says that it runs, and ends with 5 when Ctrl-C or Ctrl-Break is pressed. After a minute nobody will. */
#include <stdio.h>
#include <windows.h>

static BOOL WINAPI pressed(DWORD event)
{
	printf("pressed %lu\n", event);
	fflush(stdout);
	ExitProcess(5);
}

int main(void)
{
	SetConsoleCtrlHandler(pressed, TRUE);
	printf("waiting\n");
	fflush(stdout);
	Sleep(60000);
	return 6;
}
