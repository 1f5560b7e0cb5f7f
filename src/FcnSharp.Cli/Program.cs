System.Console.WriteLine("fcn");
