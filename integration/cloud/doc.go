// Package cloud runs the built programs against servers that we did not write:
// a real S3, moto for other services of AWS, and the Lambda runtime. It refuses
// to import the program's packages, to skip what it lacks a server for, and to
// reach anything but this machine.
package cloud
