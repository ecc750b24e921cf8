"""Names that stand for others: first names of men and of women, last names, of some twenty origins. No list has a name of another.

`OTHER_MALE` and `OTHER_FEMALE` stand for nobody, as they are also words or eponyms: they only tell whose names they are.

Taken from Faker 40.63 (its providers of persons), without those that are also words of the language or of medicine, under this licence:

Copyright (c) 2012 Daniele Faraglia

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
"""

from __future__ import annotations


def listed(words: str) -> list[str]:
    """The words of a text."""
    return words.split()


MALE = listed("""
Aaron Aayush Abayomi Abdu Abdul Abeiku Abel Abelardo Abiona Abraham Abram Acar Aclan Adalberto Adán Adasal Adebiyi Adedayo Adedeji Adekola
Adeleke Âdem Adeniyi Adeolu Adeoti Aderopo Adeshina Adesoji Adeyi Adıgün Aditya Adrian Adrien Advay Advik Afolarin Agastya Agustín Ahmad
Ahti Aimé Aimo Ajala Ajani Akanmu Akinlabi Akinwale Akver Akwasi Alade Alain Alamu Alan Albert Alberto Alec Alejandro Aleksanteri Aleš
Alessio Alex Alexandre Alexandros Alexandru Alexej Alfonso Alfred Alfredo Alin Alois Alonso Alpcan Alphonse Alvaro Alvin Amadeus Amador Amri
Amza Anatolie Anay Andile András Andre Andreas Andres Andrew Andrzej Andwele Angavu Anirudh Anmol Anoni Ansh Ante Anthony Anto Antoine Anton
Antonello Antoni Antonio Antoniu Antony Arian Aribert Arin Arjun Arkadiusz Armando Armas Arnaldo Arnošt Aron Árpád Arsenie Artan Arthur
Artur Arturo Aryan Asani Asanti Atatöre Atharv Athumani Atılgan Atte Attila Auguste Augustin Augusto Aukusti Aulis Aurel Aurelio Austin Axel
Ayaan Aybora Aydınbey Ayinde Ayodeji Ayodele Aypar Azad Aziz Azizi Bağdaş Balázs Balinda Bálint Baljiwan Bandile Barak Barışcan Barna
Barnabás Barry Bartek Bartolomeo Bartolomeu Bayram Bebe Benedek Benedikt Bengibay Benicio Benito Benjamim Benjamin Benny Benoît Bento
Benvenuto Berat Bernabé Bernardo Bernt Bernward Bertalan Bertil Bertrand Besin Bhekani Bibuwa Bican Bill Billy Birger Bişar Bjorn Blahoslav
Blake Bobby Bogdan Bohuslav Boleslav Boma Bořivoj Borys Boynak Božo Brad Bradley Bram Brandon Brendan Breno Brent Břetislav Brett Brijesh
Bror Bruno Bryan Bryce Buhari Bünyamün Çağa Caio Caleb Calebe Callum Calvin Cameron Camilo Cantemir Carl Carlos Carsten Casian Casper Cauã
Cauê Çelem Çelikyürek Cesar Cezary Chad Chaitanya Chakradev Chandran Charan Charlie Chase Chatura Cheusi Chibuzo Chigozie Chijioke Chinedu
Chris Christoph Christophe Christopher Chuki Chukwudi Chukwuemeka Claas Clarence Clas Claudio Claus Clayton Clemente Clifford Clinton Clive
Cody Çoğay Cole Colin Collin Colton Connor Conor Constantin Corey Cornelio Corneliu Corvin Cory Craig Crin Cristian Cristobal Csaba Csongor
Curtis Cyprian Czeslaw Daan Dakota Dalbir Dale Dalibor Dalton Damian Damien Damife Damir Damon Daniel Danijel Danilo Danny Dante Darin Darío
Darius Darko Darpan Darrell Darren Darryl Daryl Dave David Dean Declan Dejan Delfino Demilade Dénes Denis Dennis Derek Derkay Derrick Detlev
Devin Devon Dezső Diego Dillon Diogo Dionigi Dobroslav Domagoj Dominic Dominik Donald Dorel Dorian Dorin Douglas Duma Dumitru Duncan
Durmuşali Durodola Dušan Dustin Duuk Dwayne Dylan Ëakumbu Ebbe Eberhardt Ebuka Eckehard Eckhardt Eddie Edgar Edmond Eduardo Edvard Edward
Edwin Einar Einari Eitel Ekansh Ekapad Ekene Ekow Ekundayo Eliakimu Elias Elijah Elliot Elof Eloy Elvis Emanuel Emeka Emil Emiliano Emilio
Emir Enrico Enrique Enzo Erdal Ergün Eric Erick Erik Ernest Ernesto Erşat Eryk Espartaco Esteban Ethan Étienne Eugene Eugenio Evan Evance
Evelio Fabio Fabrizio Fahrullah Fanaka Faris Federico Felipe Felix Ferenc Fernando Ferzi Fidel Fiifi Filippo Fitan Flavio Florea Florin
Floris Fran Francis François Franjo Franklin František Fred Frédéric Frederick Frederik Fredi Fredo Fredric Frieder Fulvio Gabino Gabor
Gabriel Gael Gagan Gareth Garrett Garry Gary Gautam Gavin Gbadebo Gbolahan Gbowoade Genaro Geoffrey Georges Georgian Gerald Gerard Gerardo
Gergely Gergő Gerhard Gero Gerónimo Géza Giacobbe Giampiero Giancarlo Gianluca Gianpietro Giel Gijs Gilberto Gino Ginyas Gioacchino Girish
Girolamo Giulio Glen Göknur Gonzalo Gopal Goran Graeme Graham Grant Greg Gregg Grégoire Gregorio Gregory Grigore Grzegorz Güçyeter Guido
Guilherme Guillaume Gunar Günaydin Güngördü Gunnar Gustavo Gustaw Gusztáv Guus György Győző Gyula Hadithi Hagen Hamis Hamza Hannes Hanni
Hansjürgen Harald Harold Harrison Harry Hasbek Hasso Hayden Hector Heikki Heitor Hekima Henrik Henry Hernán Herwig Hilmar Hinrich Hitesh
Holger Homero Honoré Horacio Howard Hredhaan Hrvoje Hubert Hugh Hugo Hugues Humberto Hynek Iain Iancu Ibidapo Ifeanyi Ifechukwu Ignacio
Ignacy Ignatz Igor Ikenna Ikeoluwa Ilari Ilarie Ilija Ilmari Imre Inge Inioluwa Iosif Isaac Isaiah Isaya Ishola Ishwar Israel Istvan Ivan
Ivar Ivica Jabulani Jacinto Jackson Jacobo Jairaj Jake Jakov Jakub James Janko Janne Janusz Jared Jari Jarl Jaromír Jason Javier Jędrzej
Jeet Jeff Jeffery Jeffrey Jelani Jenő Jens Jeremi Jeremiah Jeremy Jermaine Jerome Jerónimo Jerry Jerzy Jesse Jesus Jimmie Jimmy Jindřich
Joacim Joaquim Joaquín Joel Joerg Joey John Johnathan Johnny Jonás Jonathan Jonathon Joonas Jorge Jörgen Joris Jorma Jörn Jose Josef Josh
Joshua Josiah Josip Josué Jozef Jozo József Juan Juhani Jules Julian Julien Julio Julius Jumaane Juraj Jure Justin Juuso Kaarlo Kacper
Kaique Kalervo Kalpit Kamil Karan Karel Karl Karlo Kazimierz Keith Keji Kelechi Kenneth Kent Kenyangi Kevin Khamani Kiaan Kian Kiapo Kieran
Kimbilio Kimmo Kinubi Kipenzi Kirk Klaas Klemens Kojo Kolawole Konrad Konradi Konstanty Korede Kornél Krish Kristian Kristijan Kristóf
Kristofer Kristopher Krisztián Krystian Kryštof Krzysztof Ksawery Kujoe Kurt Kurunzi Kwadwo Kwaku Kwame Kwasi Kweku Kyle Lamberto Lance
Lando Larry Lars László Laureano Laurens Laurent Lauri Laurian Leif Leke Leon Leonardo Leonel Leoš Lere Leroy Levente Levi Liam Libor Livio
Liviu Logan Lohit Lonnie Lorenzo Louis Lovro Luan Lubomír Luboš Lucas Lucca Ludovico Ludwig Luigi Luis Lukas Luke Lumír Lungile Lutz Luyanda
Lwandile Maciej Maks Maksymilian Malcolm Malik Mandla Mandlakhe Manole Mansurali Manthan Manuel Marc Marcel Marcell Marcelo Marcin Marco
Marcos Marcus Mariano Mario Marko Markus Martino Márton Martyn Marvin Masar Mason Massimo Matei Matej Mateo Mateusz Mathew Mato Matteo
Matthew Matthias Matthieu Matthijs Mattias Mauno Maurice Mauricio Maurilio Maurizio Mauro Mavuno Maxim Maximilian Maximiliano Maxwell
Mcebisi Meik Meinrad Melvin Micha Michael Micheal Michel Mieszko Miguel Mihael Miika Mika Mikael Mike Mikołaj Milan Milo Miloš Miloslav
Minenhle Mirko Miroslav Mitchell Mladen Mlungisi Modesto Mohamad Mohamedi Mohammad Mojmír Mthokozisi Mugurel Muhammed Mulele Murat Murilo
Mustafa Mutasım Mwezi Mzamo Nakul Nataniel Nathan Nathaniel Necati Neel Neil Nelu Ngamia Nhlanhla Nicholas Nicodim Nicolae Nicolas Nicolaus
Nigel Niilo Niklas Niko Nikolaos Nils Niyilolawa Njabulo Nnamdi Noah Noël Nonso Norbert Norman Nout Nuhu Nuriat Obinna Octavio Oganer Oiva
Okechukwu Oladimeji Olaf Olakunle Oldřich Olimpian Olimpiu Oliviu Oliwer Oluwafemi Oluwamuyiwa Oluwasegun Oluwole Omar Omkaar Omobobola
Omotayo Ondřej Onni Oreste Oscar Oskar Osmo Osogo Osunleke Oswaldo Otávio Ottavio Otto Pablo Pambe Parker Pascual Pasqual Pasquale Patricio
Patrick Patrik Patryk Paul Paulo Pavao Pavel Pedro Pekka Pelaji Pelle Pepijn Pero Peter Petr Petre Philip Philippe Phillip Pierangelo
Pierluigi Piero Piersanti Pieter Pietro Piotr Pomponio Porfirio Pranav Pranit Pratyush Přemysl Preston Przemysław Quincy Radim Radomír
Radosław Radovan Rael Rafaél Raffaele Raik Ralph Ramazan Ramiro Randall Randy Rasmus Raúl Ravy Rayaan Raymund Reece Reginald Rehaan Reine
Remazan Renato René Rens Renzo Resulcan Reyansh Reynaldo Reza Rhavi Rhys Ricardo Richard Rick Rickard Rickey Ricky Rikard Riley Roberto
Rodney Rodolfo Rodrigo Roger Roland Rolf Romeo Romulus Ronald Ronnie Rostislav Rouven Rubani Ruben Rudolf Rudra Rufino Rungo Ryan Ryszard
Sabari Sadaka Sadiki Safari Sağcan Sakari Salvador Salvi Samaksh Samar Samarth Samesh Samuel Samuli Samweli Sander Sandile Sándor Sandu
Santeri Santiago Sarthak Saša Sean Sebastian Sébastien Seçme Seppo Serafín Sergei Sergio Sergiu Seth Seydo Seye Shane Shaun Shaurya Shawn
Shekoni Sibonelo Sibusiso Siddharth Siegbert Sigge Sigmar Sijuade Silvano Simo Simon Siniša Sixten Siyabonga Sjoerd Slavomír Somtochukwu
Sonny Sören Spencer Sphiwe Stan Stanisław Stanley Stefan Stephen Steve Steven Stewart Stijn Stjepan Stuart Sune Svatopluk Svatoslav Sven
Swen Sylvester Szabolcs Szilárd Szilveszter Tade Tadeáš Tadeusz Tage Taisto Tamás Tanish Tanner Tanveer Tapio Taşkan Tassilo Teerth Tejas
Temidayo Temistocle Teodoro Teohari Terence Terrance Terrence Teun Teuvo Thabani Thabiti Thando Theodore Théophile Thiago Thibault Thibaut
Thierry Thijmen Tijn Timo Timotei Timoteo Timothée Tisa Titus Tivadar Tobias Tobiasz Toby Todd Toki Tokunbo Tolonbay Tomás Tomi Tomislav
Tommy Tomo Tomori Tonino Tony Torben Tord Torsten Travis Trevor Tristan Troy Tufani Tunguç Türkalp Tyler Tymon Tymoteusz Tyrone Übeydullah
Uçan Uche Uchenna Uğurtan Umberto Ünek Uriel Utkarsh Uygun Václav Valdemar Valentin Valerio Valeriu Valter Valtteri Vargın Vasile Vaysal
Vedant Vedran Veijo Veikko Vicente Victor Vidar Vihaan Viktor Vilém Vilgot Viljo Ville Vilmer Vince Vincent Vincenzo Vinicius Viraj Vitali
Vitor Vittorio Vitus Vivaan Vjekoslav Vladislav Vlastimil Vusumuzi Waldemar Walter Warinder Warjas Warren Wayne Wazir Wenzel Wesley Wilfrido
Willem William Willie Willy Wilmer Winfried Witold Wojciech Wouter Wyatt Xavier Yakobo Yassin Yatan Yatin Yilmaz Yurttaş Yusuf Yves Zacarías
Zacharie Zachary Zaid Zashil Zdravko Zeferino Zehaan Zeljko Zenzele Zlatko Zoltán Zsigmond Zsolt Zuba Zuhri Zvonko
""")

FEMALE = listed("""
Aachal Aanuoluwapo Aarini Abbie Abena Abigail Abigaili Abiye Abosede Abril Adaeze Adebukola Adela Adelasia Adèle Adelgunde Adelinde Adenike
Adepeju Adesewa Adesua Adetoke Adetoun Adia Adila Adriana Adrianna Adrienn Adrienne Adunni Afua Agata Ágatha Agathe Agnes Agnieszka Aida
Aimee Airi Ajoke Akosua Akua Akumaa Akumu Albina Aldonza Alejandra Alexa Alexandra Alexandria Alexandrie Alicia Alina Alis Alisa Alisha
Alison Alize Alka Allison Alma Almut Alsoy Alyssa Amahle Amalia Amanda Amarachi Amelia Amelie Amoke Amondi Amope Amrita Amruta Anabel Anaida
Anamaria Anastasia Anastasie Anastazja Andrea Andrée Aneta Anett Anette Angela Angelika Anghelina Angie Anica Aniela Anita Anka Ankica Anna
Annamária Anne Annelie Annetta Annette Anni Anniina Annika Annita Annukka Antoinette Antonia Antonija Anya Apolonia April Araceli Aradhana
Aranka Arcelia Ariadna Ariana Ariel Arike Arja Arusi Ashlee Ashleigh Astrid Asunción Atiena Atinuke Audrey Aurica Autumn Avni Axenia Ayinke
Aykut Ayla Aylin Ayoka Aysevim Azra Baaba Babett Badegül Bağdat Bailey Bara Barbara Bärbel Barica Beatrice Beatriz Becky Bediriye Belinda
Berenice Berit Bernadett Bernadette Berrin Berta Beth Bethan Bethany Betina Betti Betty Beverley Beverly Bhavani Bhavika Bhavya Bhekisisa
Bhekizizwe Bhekokwakhe Bianca Bianka Birgitta Blanca Blanka Blažena Boglárka Bohumila Bolatito Boluwatife Bonnie Božena Božica Brandi Brandy
Branka Breanna Brenda Briana Brianna Bridget Brigitte Brita Brittany Brittney Brooke Bunmi Burcuhan Busisiwe Caitlin Caitlyn Camelia Canan
Candace Candice Capucine Caridad Carita Carla Carlota Carly Carmen Carol Carole Caroline Carolyn Carrie Cassandra Cassidy Cassie Catalina
Caterina Catharina Catherine Cathleen Cathy Catrina Cecilia Celia Célina Céline Chaitaly Chanchal Chandani Chaniya Chantal Charlene
Charlotte Chausiki Chelsea Chelsey Cheryl Cheyenne Chiamaka Chidimma Chinelo Chinyere Chipukizi Chizoba Chloe Christiane Christie Christin
Christina Christine Christy Cindy Citlali Claire Clara Clare Clarissa Claude Claudia Claudine Codrina Colleen Concepción Conchita Connie
Constance Constantina Constanze Corina Corinna Corinne Courtney Cristal Cristina Csilla Cynthia Dagmar Dagmara Dagny Daiana Dainess Daisy
Daksha Dalia Damlanur Damyanti Dana Danica Daniela Danielle Danijela Danique Darika Darlene Dawn Deanna Debbie Débora Deborah Debra Delia
Demetra Denisa Denise Desiree Despina Destiny Dewi Dhriti Diana Diane Dilsitan Dina Dita Divya Dochia Dolores Dominique Donna Dora Doriana
Dorina Doris Dorle Dorota Dorothée Dorothy Dorottya Dörte Drahoslava Duha Dulce Dumisani Dumisile Dumitra Ebony Edhitha Edina Edit Edita
Eduarda Eesha Eija Eileen Ekantika Elaine Eleanor Elena Eliabeth Elif Elisa Elisabet Elisabeth Eliza Elizabeta Elizabeth Elize Ellen Elli
Ellie Elly Eloá Eloah Élodie Eloisa Elsa Elsbeth Elvia Elvy Emanuella Emanuelly Emelie Emese Emilia Emilie Emilly Emily Emma Emmanuelle
Eniola Enzi Erbay Erem Erica Erika Erin Erzsébet Eshana Esmee Esmeralda Esparta Esperanza Essi Estefanía Estela Esteri Esther Eszter Eugenia
Eunice Evangelista Evanghelina Evelien Evelina Eveline Evelyn Evie Evrim Ewelina Fabia Fabiola Faderera Fahari Faize Fanni Fatima Federica
Fehmiye Felicia Felizitas Fernanda Fibikemi Fien Fikayomi Fildan Fiona Flavia Fleur Florence Florencia Folashade Forum Frances Francesca
Francisca Françoise Gabriela Gabriella Gabrielle Gabrielly Gail Gaja Garima Gaurangi Gemma Georgina Geraldine Gethera Gianina Gianna Gifty
Gina Gisela Giulietta Giuseppina Gizella Glenda Gloria Gordana Grace Graciela Gréta Gretchen Guadalupe Gugu Gugulethu Guillermina Güldam
Gülinaz Gülmisal Gülşa Gülsalın Gülseren Gunborg Gundula Gwendolyn Gyöngyi Hadassa Haiba Haley Hamsini Hana Hanna Hannah Harriet Hashiki
Hatima Hawehindi Hayley Hazel Hedda Heidi Helen Helena Helene Heli Helinä Hellena Hellevi Helmi Heloisa Hemangini Hemani Henny Henrike
Heracleea Hermelinda Hidaya Hilary Hilda Hilma Hiltrud Hollie Humaiya Ibironke Ibolya Idika Ifeoma Ifunanya Ijaya Ilaria Ilona Ilse Inaya
Indali Indira Indy Inés Inga Ingegärd Inger Iolanda Ionela Irena Irene Iretioluwa Irma Irmeli Irmingard Irya Isabel Isabela Isabella
Isabelle Isabelly Isadora Ishani Isis Isolde Itzel Iustina Iveta Ivonne Iyabode Iyadunni Jackie Jaclyn Jacqueline Jade Jadranka Janani Jane
Janet Janice Janina Janja Janna Januja Janya Jaqueline Jarmila Jaruthip Jasiri Jasmin Jasmine Jasminka Jasmit Jayne Jeanette Jeanne Jeevika
Jele Jelena Jemma Jenna Jennifer Jenny Jessica Jill Jillian Jinthe Jiřina Joan Joana Joann Joanna Joanne Jocelyn Jodi Jodie Jody Johana
Johanna Jolán Jolanda Jonna Josefiina Josefina Josephine Josipa Joyce Juana Judit Judita Judith Judy Julia Juliana Julianna Julie Juliette
Julita Justyna Kaarina Kaisa Kaitlin Kaitlyn Kaja Kala Kalina Kaluwa Kamala Kamila Kara Karen Karina Karla Karolin Karoline Kaskazi Kata
Katalin Katarina Kate Katelyn Katerina Katherine Kathi Kathleen Kathryn Kathy Katie Katja Katri Katrina Katy Kayla Kaylee Kayleigh Kelli
Kellie Kelsey Kendra Kerri Keya Khanyisile Kiah Kiara Kibafupia Kikelomo Kiki Kimberly Kimya Kinaya Kinga Kiojah Kipepeo Kirsi Kirsty Kisima
Klara Klaudia Kornelia Krishna Krista Kristen Kristi Kristie Kristiina Kristin Kristina Kristine Kristy Kristýna Krisztina Kritika Krystal
Krystyna Kutgün Kweli Kyara Kylie Lacey Ladli Laetitia Laika Lailati Laini Laís Lajita Lakshmi Lara Larissa Latasha Latoya Laura Lauren
Lauretta Laurie Lavanya Lawrencia Leah Leanne Leena Lenka Leonie Leonor Leopoldine Lesley Leticia Libuše Lidia Lidwina Lieke Ligia Lili
Lilia Liliana Lilla Lilly Lina Linda Linde Lindsay Lindsey Linn Linnea Lisa Lisanne Liselotte Livia Liwia Liza Ljiljana Ljubica Lolita
Londisizwe Londiwe Loredana Lorena Loretta Lori Lorraine Lotta Lotti Louise Lourdes Luana Lucía Lucie Lucy Ludmila Luigina Luisa Luiza Luna
Lydia Lynda Lynn Lynne Maartje Mackenzie Madeline Madison Madlen Magdalena Maggie Mahali Mahika Mahter Maitê Maja Makayla Malgorzata Malva
Malwina Manda Mandy Manon Manya Mara Marcela Marcelina Marcheta Marcia Margaret Margaud Margaux Margherita Margit Marguerite Mari Maria
Mariah Mariana Marianna Marianne Marica Maricica Marija Marijana Marika Marilyn Marina Marini Marioara Marion Marisa Marisela Marisol
Marissa Marit Marita Maritta Marjo Märta Martha Martina Maryam Marzena Mateja Mathilde Matija Matilda Maura Maureen Maynur Mayte Mckenzie
Meagan Megan Meghan Melania Melanie Melina Melinda Meral Meredith Micaela Michaela Michele Michelle Mikayla Milada Milena Milica Milka Milla
Miloslava Miluše Mimmi Mindy Minerva Minna Mira Miranda Miriam Mirja Mirjana Miroslava Mirte Misra Misty Mitzy Mnqobi Modupe Mojisola
Mojisoluwa Molly Mona Monalisa Monica Monika Monique Moradeke Morayo Morgan Morolake Mosunmola Motunrayo Moyosore Mrihani Mücevher Muhima
Musila Müveddet Mwamini Mwasaa Myriam Myrthe Nada Nadia Nadine Najuma Nancy Naomi Nashipie Natalia Natalie Natalija Natasha Natasza Nathalie
Nathari Natividad Nayeli Ndumiso Nebiha Nela Nelly Ngozi Nichole Nicola Nicole Nienke Nigesa Niharika Niina Nika Nikol Nikolett Nikolina
Nimakoah Nimrat Nina Nirja Nisha Nkazimulo Nkiruka Nneka Nobantu Nobuhle Noelia Noemí Nokulunga Nomagugu Nomalanga Nomasonto Nomathemba
Nomcebo Nomthandazo Nomusa Nomvula Nonhlanhla Nonjabulo Nóra Norma Nothando Noxolo Nozibusiso Nozizwe Nqobizitha Nursim Nurtaç Nyoka Nyoni
Oana Obianuju Odette Ofelia Ogechi Ojasvi Olajumoke Olasunmbo Olga Olivia Olivie Ololade Oluchi Olufunke Oluwakemi Olwethu Omisha Omodunni
Omolabake Omosalewa Omotola Omowumi Onyinye Ornella Ortrun Otilia Ottilia Otýlie Owethu Oyindasola Özge Ozioma Paige Pallavi Paloma Pamela
Panya Paola Paoletta Patricia Patricie Patty Paula Paulina Pauline Peggy Pekkan Pénélope Penny Petra Petronela Philippine Phyllis Pien
Pietra Piran Piroska Pleun Priscilla Prisha Quinty Qushi Raagini Rachael Rachel Rachita Radeke Radhika Rafaela Rakide Ramona Raven Rebeca
Rebecca Rebecka Rebekah Regina Reina Réka Renata Renee Renske Reshoni Reva Rhonda Rita Ritva Riya Roberta Robyn Rocío Rojnu Roksana Romana
Romina Ronja Roosa Rosalia Rosalie Rosario Rosel Roselyn Rosemary Rosie Roswita Róza Rozalia Rozalija Rózsa Ruhide Rumeysa Ruth Ruža Saanvi
Sabihe Sabina Sabine Sabrina Sachi Sadao Sadeti Safiri Sally Salma Salomey Samantha Samira Sanja Sanne Sanni Sanya Sara Sarafina Sarah Sari
Saumya Savannah Saveta Sefer Selena Selina Serafina Sessa Sevsevil Sezen Shani Shari Sharon Shawna Sheena Sheila Shelby Shelia Shelley
Shelly Sheri Sherri Sherry Sheryl Shida Shirley Shivani Sian Sibongile Sibusisiwe Sierra Siglinde Sigrid Sihawukele Siiri Silke Silondile
Silvana Silvia Silvie Similoluwa Simisola Simphiwe Sini Sinikka Siphesihle Sirkka Sithembiso Skolastika Sneha Socorro Sofía Soledad Somadina
Sonia Sonja Sonya Sophia Sophie Sorina Sowande Soykan Stacey Stacie Stacy Stana Stanca Stefanie Stella Stephanie Stephany Stina Subomi
Sümerya Sungara Susan Susana Susanne Suvi Suzana Suzanne Swantje Sydney Sylvia Sylvie Sylwia Tabea Tabitha Tagangül Tamara Tami Tammie Tammy
Tania Tanya Tara Tarja Tasha Tatjana Teodora Teona Teresa Teresia Teréz Tereza Terezija Terri Terttu Thabisa Thabisile Thandazile Thandeka
Thandiwe Thembeka Thembekile Thembile Thembisile Theodora Theres Theresa Theresia Thuthukile Tiffany Tímea Tina Tirza Tola Tolulope
Toluwanimi Tonya Tove Tracey Traci Tracie Tricia Tripti Triya Trudi Tudora Tudosia Tuere Tule Turcein Tuuli Tuulia Udyati Ujunwa Ülke Ulla
Ulrica Umoja Upadhriti Upasna Upma Urmi Úrsula Urszula Urvashi Valentina Valentine Valeria Valerie Vamakshi Vanesa Vanessa Vansha Varenya
Vedika Veerle Vefia Veronica Veronika Véronique Vesna Vicki Vickie Victoire Victoria Vida Vidhi Viktorie Vincenza Virág Virginia Virginie
Vittoria Viveka Vivien Vladimíra Vrinda Vyanjana Wakeeta Waldtraut Wamwema Wanda Warda Waseme Watika Wendolin Wendy Wenke Wera Whitney
Wilhelmine Wishi Wuraola Xalak Yahvi Yashasvi Yasmin Yejide Yeni Yesenia Yetunde Yfke Yochana Yolanda Yurdaser Yuridia Yutika Yvette Yvonne
Zakhele Zarna Zdenka Zdislava Zebirce Zehranur Zenzile Zibuyile Zilmil Zinhle Zita Zoey Zora Zorka Zsuzsanna Zuzana
""")

LAST_NAMES = listed("""
Aanei Ababei Abba Abdi Abdow Abdullahi Abičić Abrahamsson Abramović Abreu Abwao Acevedo Acheampong Acosta Adebisi Adegoke Adekunle Adelaar
Adelusi Ademiluyi Aderibigbe Aderogba Adeyemo Adisa Adkins Adler Adomako Adriaense Adusei Adutwum Afoakwa Afolabi Afolayan Afonja Afrakomaa
Aguayo Aguilar Aguilera Aguirre Agyapomaa Agyapong Agyare Agyei Agyeiwaa Agyemang Ajao Ajayi Ajello Ajewole Akar Akça Akçay Akdeniz Akelis
Akello Åkerlund Akgündüz Akinrinola Akowua Aksu Akyeampong Alabi Alarcón Alba Albu Albuquerque Alcala Alcaraz Alemdar Alfaro Alfredsson
Almaraz Almonte Aloba Aluoch Alva Alvarado Alvarez Alves Amaya Ambrasas Ammaniti Amoa Amoako Amoakowaa Ampadu Ampofowaa Ampoma Anand
Anderberg Anders Anderson Andersson Andra Andrade Andreasen Andresen Andrews Anima Ankra Anokye Ansboro Antal Antonić Antonini Antwi
Antwiwaa Anyango Anyanwu Aparecida Appelman Appia Aragão Araújo Archer Archuleta Ardelean Arellano Arevalo Arias Armellini Armenta Armstrong
Arredondo Arroyo Arslan Arsoy Arvidsson Arya Asante Asenso Ashton Asiama Asikainen Aslan Ataa Atieno Atkinson Atzler Auma Austermühle Autio
Ávalos Avery Avila Avilés Awodiran Awolowo Awuah Ayala Ayers Ayoola Azevedo Baafi Baah Bach Backlund Backman Bäckström Badal Badillo Báez
Baharia Baird Bakari Bakos Bala Balay Balbo Balderas Baldwin Bale Balla Ballard Balog Balogh Balogun Bamidele Banerjee Bann Bañuelos Barad
Barajas Barasa Barbe Barbir Barbosa Barbu Bärer Barker Barkholz Barlow Barman Barnes Barnett Barozzi Barragán Barrera Barron Barros Barsanti
Barta Barthelemy Bartlett Barton Bartošová Barzini Basak Bashir Bašnec Bates Batista Bauer Bautista Baxter Baya Beard Beasley Beccheria
Becerra Bech Beckmann Bednář Bednářová Begum Beltran Benard Benavídez Benčić Bender Beneš Benešová Benitez Benson Benthin Bentley Benton
Beran Beránková Berg Berger Bernardini Bernetti Bernier Bertelsen Berthelot Bertin Besnard Bhagat Bhalla Bhandari Bhargava Bibi Bierstraten
Biggen Bilgin Bilir Binner Birch Birnbaum Biró Bishop Biswas Björk Björkman Blackburn Blackwell Bláha Blanchard Blanchet Blankenship
Blažková Blees Blevins Blin Blixt Blomqvist Blümel Boadi Boahen Boakye Boatemaa Boaten Boban Bodin Bodnár Bognár Bohlin Bohman Bolin
Bolkesteijn Bolnbach Bolton Bonanno Bonaventura Bonilla Bonneau Bonsra Bonsu Booker Boone Booth Borah Borbély Borges Boros Borra Bošnjaković
Bosurgi Botello Bouchet Boulay Bourdon Bousquet Boutin Bowers Boyd Boyer Boyle Bradford Bradshaw Bragaglia Brajković Brands Brandt Braun
Bravo Bray Brenna Brennan Brewer Bridges Briggs Brito Brock Broeckx Brookes Brooks Brouwer Browning Brož Brožová Bruder Brun Bruun Bučar
Buch Buchanan Buckley Budai Buisson Bulle Bullock Bumb Buonauro Burch Bureš Burgess Burke Burnett Burrows Burton Bush Bustos Butcher Butkus
Butler Butte Bwire Bylund Byrd Byrne Byrnes Cabrera Cafferky Cain Caldeira Calderon Calhoun Callahan Callanan Camacho Câmara Camargo
Campbell Campos Çamurcuoğlu Canetta Cannon Cardenas Cardoso Carfagna Carić Carlsen Carlson Carmona Carpaccio Carr Carranza Carrasco Carreón
Carrillo Carroll Carson Carter Carthy Cartwright Caruso Carvajal Carvalho Casadei Casas Caspar Cassiano Castaneda Castillo Castioni Castro
Cavalcante Cavalcanti Cavazos Cazares Ceja Cervantes Ceschi Çetin Chadwick Chai Chakraborty Chan Chandler Chandra Chaney Chang Chapa Chapman
Charlton Chatterjee Chaudhary Chaudry Chavarría Chavez Chebii Cheboi Chelagat Chen Chepkoech Chepkorir Cheptoo Cheruto Choi Chokshi
Choudhury Christensen Chukwu Cianciolo Ciani Cignaroli Cintrón Cirino Cisneros Cline Coates Cobb Cochran Coenen Coffey Cogley Colas Coleman
Coles Colgan Collado Collier Combs Conley Conner Connolly Conrad Conroy Contreras Cooke Cooley Copeland Çorlu Cornejo Corrales Correia
Corridan Cortez Costa Costela Coulon Cournane Courtois Couturier Cowan Crane Cristea Crosbie Crosby Cruz Csonka Cuellar Cuevas Cugia Culi
Cullen Cummings Cunha Cunningham Curnyn Curry Cvetnić Cvrtila Daako Dabo Dachgelder Dahlqvist Dalal Daly Damijanić Daniels Danielsen Danso
Dara Darmody Dasey Daugherty Davenport Davidson Davila Davis Davison Dawson Deák Decker Deigan Delacruz Delahaye Delahunty Deleon Delgadillo
Delgado Demir Demirel Dennehy Deol Desai Descamps Deshpande Desmond Devi Dhadho Dhaliwal Dhillon Dhingra Diaconescu Diaconu Diaz Dickerson
Dickinson Dickson Dida Didović Dijkman Dijoux Dima Dinu Dirksen Disdero Ditschlerin Divine Dixon Dobes Dobre Dochioiu Dodd Dodson Döhn
Doležalová Dominguez Donaldson Donarelli Donati Donkor Donnelly Donovan Dooey Doohan Dordan Döring Dorsey Dostál Dostálová Dougherty Downing
Downs Doyle Drake Drandić Drewes Drubin Druso Duarte Dubey Dudás Dueñas Duff Duffin Duffy Dufour Duke Dumanlı Dumitrescu Dumont Dunlap Dunn
Dupré Dupuis Duran Durand Durdu Durham Durmuş Dušek Dušková Duval Dvořák Dvořáková Dyer Echeverría Edlund Edun Edvardsson Eftimie Eivers
Ekelund Ekholm Eklund Ekström Eloranta Endrizzi Engels Eraslan Ercegović Erdoğan Ergül Erickson Eriksen Ertaş Escamilla Escobar Escobedo
Esparza Espinal Espino Espinoza Esquivel Estes Estrada Etyang Etzler Etzold Everett Evrard Eyanae Ezeugo Fábián Fabijanić Fadipe Fagerström
Fagunwa Fajimi Falabi Faleti Faloye Fanning Fantoni Fantozzi Fanucci Faragó Farias Farkas Farley Farrell Faulkner Fazekas Fehér Fekete
Feltzer Fenton Ferenac Fernandes Fernandez Ferrante Ferreira Ferrell Fiala Fialová Fierro Figueroa Filangieri Filar Filzi Finch Finley
Finucane Fırat Fischer Fišerová Fitzgerald Fitzpatrick Fleming Fletcher Flores Flowers Floyd Flynn Foconi Fodor Fofie Fogaça Fonseca Foody
Forbes Ford Forde Forsberg Forsman Forster Fowler Franco Frandsen Franke Fransson Frazier Frederiksen Fredriksson Freitas Frema Frerichs
Friberg Friedman Friel Friis Frimpomaa Fritsch Fritz Frost Frye Fuentes Fuli Fuller Fülöp Gabba Gaffney Gagys Gailius Gailys Gaines Gaitán
Gaižauskas Galdikas Galešić Galgallo Galgalo Galić Galindo Gallagher Gallegos Galvan Gálvez Gamble Gaona Garcia Garde Gardiner Garibay
Garner Garret Garrido Garrison Garza Gashi Gáspár Gaytán Geißler Gelemanović Gentry Georgescu Gerlach Gheorghiu Ghosh Gibbons Gibson Gicheru
Gichuhi Gilbane Giles Gilgunn Gill Gillan Gilmore Ginese Ginevan Gintalas Ginzburgas Giraud Girón Girschner Giselmeyer Glover Goddard
Godfrey Godínez Goel Goldstein Gomes Gomez Gonçalves Gonzales Gonzalez Goodman Goodwin Gori Gorlitz Gotthard Gough Gould Graf Gramsci Grba
Greaney Greene Greenwood Greer Gregersen Grenier Griffin Griffith Griffiths Grimes Grinius Grisoni Grogan Grönroos Gronskis Gros Gröttner
Gržinčić Guardado Güçlü Gudelj Guérin Guerra Guerrero Guevara Guillen Guillou Guinizzelli Guit Gulan Gülen Gulyás Gumprich Gunpf Gute
Gutierrez Gutknecht Guzman Gyamfi Haapala Haapanen Haataja Haavisto Hagberg Häggström Hagström Hahn Hájek Hájková Hakker Halapir Halász Hale
Halvarsson Hamilton Hammond Hampton Hançer Hancock Hande Hänel Haney Hanlon Hanncard Hänninen Hannula Hansen Hanson Hansson Hardin Harding
Hardy Hargreaves Häring Härkönen Harmon Harrell Harrington Hartley Hartman Hatfield Hautala Havel Havlíčková Hayes Haynes Hayrioğlu Hays
Hayward Heaffy Hebert Hećimović Heckett Hedberg Hedlund Hegedüs Heidrich Heijman Heinonen Heinrich Helenius Henck Henderson Hendricks
Hendrikse Hendrix Henningsson Henriksen Henríquez Henschel Hensley Henson Heraty Hering Herman Hermansen Hernandes Hernandez Herrera Herring
Herrmann Hester Hettner Heuser Hewitt Heydrich Hickman Hicks Hidalgo Higgins Hilton Hines Hinojosa Hinton Histon Hobbs Hodge Hodges Hodgson
Höfig Hogan Höglund Holden Holder Holland Hollander Holloway Holm Holmberg Holmgren Holmström Holopainen Holst Holub Holubová Hood Hooper
Hoover Horáček Horáčková Horák Horne Hornich Horton Horvatek Horváth Horváthová Horvatić Hosseini Houghton Houston Hövel Howarth Howe Howell
Howells Hren Hrubá Hruška Hrušková Huang Hubbard Huber Hudson Huel Huerta Huff Huffman Hughes Huhn Huijben Huijzing Huisman Hull Hulshouts
Humphreys Humphries Huotari Hurley Hurst Hurtado Hussain Hussein Hutchinson Huttunen Huynh Hyde Hytönen Hyttinen Hyvärinen Iacovelli Ibarra
Ibikunle Ihejirika Ikonen Illés Ilori Iminza Immonen Ingram Ionescu Iqbal Iroha Irwin Iversen Iyengar Iyer Jacobs Jacobsen Jacobson Jacquot
Jähn Jaiyeola Jakab Jakobsen Jakupić Jakuš Jani Jankauskas Jansse Jäntti Jaroš Jarošová Jarvis Jasso Jefferson Jelínková Jenkins Jennings
Jeppesen Jepsen Jespersen Jessen Ježková Jillo Jimenez Jockel Johansen Johns Johnsen Johnston Joly Jonasson Jonjić Joosten Jørgensen Joshi
Jourdan Jozić Juarez Juhász Juma Jumba Juncken Jurado Jurišić Jüttner Kaberia Kabus Kade Kadlecová Kagwiria Kahinu Kainulainen Kairys Kallio
Kalvaitis Kalvelis Kamau Kamdar Kandie Kane Kantola Kapadia Karadeniz Karagić Karhu Karhunen Kariuki Karjalainen Karlberg Karlsen Karlsson
Karpe Kašpar Kašparová Käster Katić Katona Kaul Kaupas Kauppila Kaur Kazlauskas Keally Keane Keer Kelemen Kelić Keller Kelley Kemboi Kensy
Keränen Kerekes Kerr Ketola Ketting Kevane Khaemba Khan Khosla Kibet Kibiwot Kidd Kiema Kihara Killeen Kilonzi Kilroy Kimachu Kimani Kimemia
Kimutai Kipkemei Kipkirui Kipkorir Kipkosgei Kiplagat Kiprono Kipruto Kipsang Kiptoo Király Kirby Kirinčić Kısakürek Kiška Kisman Kitumaini
Kitzmann Kivimäki Kivinen Kiviniemi Kjær Kjeldsen Klapp Klausen Kleibrink Kleijse Klein Kline Knapp Knappe Knight Knox Knudsen Kobelt Koch
Kocsis Koivunen Kolade Kolář Kolářová Kolehmainen Kolen Konečná Konečný Koome Koomson Kopecká Korhonen Kortelainen Korutürk Koskinen Kosoko
Köster Kovář Kovářová Kozma Kraljević Králová Kramer Kranz Kraus Krause Krein Kristensen Kristiansen Kříž Krogh Krueger Kubíček Kubíčková
Kuit Kuosmanen Kurian Kuruvilla Kwaakye Kwaakyewaa Kwartemaa Kwarteng Kyalo Kyei Kyeiwaa Laboy Lacroix Ladeck Lagarde Lahiffe Lähteenmäki
Lahti Laiho Lakatos Lala Lamb Lambers Lambregt Lamy Landry Lane Langern Lankinen Larson Lassen Latvala Laukkanen Lauridsen Lauritsen Laursen
Laverty Lawson Leach Leal Leão Leblanc Lebrón Lecoq Leduc Leene Lees Lefèvre Legrand Lehto Leiva Lemayian Lemonnier Lengyel Lenoir Lercari
Lesage Leskinen Lester Lether Levy Lieshout Lilja Lind Lindén Linder Lindgren Lindh Lindqvist Linke Lira Liška Lišková Livingston Ljunggren
Llamas Lloyd Loep Loera Löfgren Loke Lönn Lopes Lopez Lorch Lorencin Lorreijn Louws Lowe Lowery Loyal Lozano Lucarelli Lucero Lukács Lukša
Lukšić Lund Lundh Lundholm Lundkvist Lupo Luster Lutterveld Lyne Lyons Määttä Macdonald Macedo Macháček Machová Macias Mack Madden Maddox
Madhubuti Madsen Madu Mäenpää Maestas Magombo Magyar Mahajan Mahal Mahe Mahmood Mahoney Maina Makinde Makinwa Malá Maldonado Mallien
Malmberg Malmgren Malone Manço Mandal Mander Mangel Mani Mann Manne Manning Männistö Mans Mansa Mansız Månsson Mansveld Mantegna Manzanares
Marchand Maréchal Marešová Margraf Markanjević Markey Marklund Marques Marquez Marrero Marrone Marsden Marsh Martel Mårtensson Martikainen
Martinez Martins Marttila Mascagni Mašek Masila Massey Masterson Mata Mathenge Mathews Mathiasen Mathiesen Mathis Mathol Matías Matko
Matković Matos Matoušek Matoušková Matteotti Matthews Mattsson Maury Maynard Mazilescu Mbithe Mbiti Mburu Mcbride Mccall Mccann Mccarthy
Mccarty Mcclain Mcclure Mcconnell Mccormick Mccoy Mccullough Mcdaniel Mcdonald Mcdowell Mcfarland Mcgee Mcgrath Mcguire Mcintosh Mcintyre
Mckay Mckee Mckinney Mcknight Mclaughlin Mclean Mcmahon Mcmillan Mcneil Mcpherson Meadows Medina Medved Mejia Melander Melendez Mellor Melo
Melton Menchaca Mende Mendes Mendonça Mendoza Mensa Mensah Meraz Mercado Mercer Mercier Merritt Mesić Mészáros Metcalfe Meyers Meza Mezei
Miah Michiels Middleton Mihelčić Mihić Mikkelsen Mikkonen Milatić Miley Mills Milovac Minhas Miskell Mistry Mitra Mnangat Mocanu Močibob
Modiano Moet Mofardin Moffit Mogensen Molenaar Molesini Molina Møller Molnár Mondaini Monroe Monroy Montalvo Montañez Montaño Montecchi
Monteiro Montenegro Montes Montgomery Montoya Mooney Mora Moraes Morales Moran Morar Moravec Morawo Moreira Morel Moreno Moresi Morley
Morris Morrison Morrow Morse Mortensen Mosemann Moses Mosley Moss Moulin Moura Moyer Msuya Muchoki Mueller Mühle Muhonja Muigai Muimi
Mukhwana Mule Mullaghan Mullen Müllerová Mullins Mumbi Munene Munoz Murillo Musil Musilová Musimbi Mustonen Musungu Musyoki Mutai Muthoni
Mutia Mutio Mužina Mwai Mwenda Mwinyi Myers Mzungu Nagy Nagys Narayan Narušis Naser Naujokas Navarro Nayar Naylor Nazari Nduati Neal
Nedermeijer Neehan Negrete Nelson Nemes Németh Nette Neureuther Neuschäfer Nevalainen Newman Newton Ngatia Ngetich Ngigi Ngunjiri Ngure
Nguyen Nicholls Nichols Nicholson Nicolini Niemeier Niemelä Niemi Nikula Nilsson Ninalowo Niskanen Nistor Nixon Njeri Njoku Njoroge Nkansa
Nkirote Nkrumah Nogueira Nohlmans Nolan Norbiato Nordlund Nørgaard Norgren Nori Norris Norton Nousiainen Novaes Novais Novak Nováková
Novosel Nsia Ntim Nunes Nunez Nurmi Nwachukwu Nwosu Nyale Nyantakyi Nykänen Nyman Nyongesa Nzilani Obradović Obrien Ocasio Ochieng Ochoa
Oconnell Oconnor Oderwald Odhiambo Odom Odonnell Odunsi Oennen Oestrovsky Ofosu Ogbuehi Ogindan Ogunbiyi Ogunbo Ogunde Ogunyeye Ogweno Ojua
Ojukwu Okafor Okech Okeke Okoro Okoth Okyere Olabode Oladipupo Oláh Olaiya Olasupo Olausson Olesen Olivárez Oliveira Olivera Olmos
Olowokeere Oloyede Olsen Olson Olsson Olubode Olugbayila Olukotun Olukunga Olusanya Omidina Omojola Omondi Omwoyo Oneal Oneill Onoh Onwuka
Onyango Oparinde Opoku Opondo Oppong Oprea Opuku Oquendo Orbán Orosz Orozco Orsós Ortega Ortiz Osborn Osborne Osei Oshin Osman Osorio
Österberg Østergaard Östman Otiwa Ouma Overgaard Owens Owolabi Owoyemi Owuor Owusu Owusuwaa Oyadiran Oyeniyi Oyeyemi Oyinlola Oyoo Ozuna
Paavilainen Pacheco Padilla Pagnotto Paimo Palmer Palomo Pålsson Pamić Paolucci Paparić Papetti Papp Paredes Parkin Parrish Parry Parsa
Parsons Pärtzelt Pasquier Pásztor Pataki Patel Pathak Patterson Patton Paulauskas Paulsen Pauwels Pavlíček Pavlíková Payet Payne Peacock
Pearce Pechel Peck Pedersen Peixoto Pekkala Pelkonen Pelletier Pena Pennington Penttilä Perälä Perales Perck Pereira Peres Perez Perišić
Perkins Peron Peroš Perrier Perrin Perrono Peruzzi Petersen Peterson Petrassi Petrauskas Petričević Petrová Petrović Petruzzi Pettersson
Petty Pham Phelps Phillips Pickering Pierce Pietilä Pignatti Pillay Pimenta Pineda Pintér Pires Pittman Pitts Pizarro Pizzo Pocius Polák
Poláková Polanco Pollard Polonijo Polović Ponce Poncelet Poole Popa Popescu Poropat Porras Porter Portillo Porto Posada Poška Pospíšilová
Potts Poulsen Povilonis Powell Powers Prabhakar Prado Praga Pratesi Preda Price Prins Priselac Pritchard Procházka Procházková Prtenjača
Pruitt Pucci Puente Pugh Pugliese Puig Puljiz Putinja Putz Quartey Quinn Quiñónez Quintanilla Quintero Rackham Rácz Radisch Rahman Raman
Ramanathan Ramirez Ramos Ramsey Randolph Rangel Rantanen Rasmussen Ratta Rattan Rautiainen Rautio Ravn Ražov Recer Rees Reeves Regnier
Reichmann Reid Reilly Reinikainen Reising Remmers Rémy Rentería Reséndez Reuter Reyes Reynolds Reynoso Rezende Rhodes Ribarić Ribeiro
Richards Richardson Richmond Riehl Rietveld Riggs Rijetković Rijn Rikke Rios Riou Rissanen Rivas Rivera Rivero Roach Robbins Roberson
Robertson Robinson Robles Robson Roce Rocha Rodgers Rodrígez Rodrigues Rogers Rogge Rohleder Röhrdanz Röhricht Roht Rojas Rojnić Rollins
Rolón Romagnoli Romano Römer Romero Ronkainen Rosén Rosengren Roussel Rousset Rouwenhorst Rouwhorst Rowe Rowland Rowley Roybal Royer Rubbia
Rubio Rudolph Ruelas Ruiz Russo Rydberg Ryynänen Saavedra Sabljak Sachdev Sáenz Safo Sahni Saiz Sakač Sakalauskas Sakarya Salako Salas
Salazar Salcido Salinas Salmi Salomonsson Salz Sama Sampaio Sampath Sampson Samson Sanchez Sanders Sanderson Sandhu Sandoval Sanford
Santacruz Santana Santi Santoro Saraceno Saran Sárközi Sarpong Sauceda Saunders Sawyer Sayyid Scamarcio Schacht Schaefer Schäfer Scheel
Scheibe Schleich Schmidt Schmidtke Schmiedecke Schmitt Schneider Schofield Schokman Scholl Schomber Schottin Schou Schouten Schrant
Schroeder Schulten Schultz Schuster Scotto Sedlák Sedláková Segebahn Segerszoen Seidel Seifert Sellers Sepúlveda Serna Serrano Serrato
Seršić Setrick Sexton Sezer Sezgin Shaffer Shah Sharma Sharpe Shaw Shea Sheehy Shelton Shepard Sheppard Sherman Shetty Shiel Shields Shroff
Siering Sillanpää Silva Silveira Simiyu Simmons Simonsen Simonsson Sims Sinclair Sinema Singh Singhal Singleton Sipos Siqueira Sjöberg
Sjödin Sjöholm Sjöstedt Sjöström Skinner Skov Sladonja Slater Slavík Slavíková Sloan Smit Smyth Snyder Sobowale Söderholm Sokol Solis Soliz
Solomon Solorio Solorzano Somogyi Søndergaard Sonnino Soos Sörensen Sorgatz Sorić Sosa Sotelo Soto Sousa Souza Soyinka Soylu Sparks Spears
Spence Spiker Sridhar Srivastava Stafford Ståhl Stančin Stancu Staničić Stanton Stark Steele Steen Steenbeek Steffensen Stein Steinberg
Steinmeiern Stejskal Stephens Stephenson Stey Stoica Storey Stout Strickland Striebitz Strik Strnad Strnadová Stroh Stumpf Suarez Suciu
Suhonen Suijker Sule Sullivan Summers Sundin Surian Süßebier Svantesson Svendsen Svensson Svobodová Sweeney Swift Sykes Sýkorová Szabó
Szalai Székely Szekeres Szilágyi Szőke Szücs Tabacu Taccola Tähtinen Takács Takyi Talbot Taliani Taliercio Tamez Tandon Tapia Tarantino
Tarhan Tarus Tasso Tate Tawia Teixeira Tejeda Tello Tepeš Terrell Tesař Tessier Tevetoğlu Thakkar Thanel Thornton Thorsen Thout Thuku Thuo
Thygesen Tichá Tijerina Timmermans Tirado Tiwaa Toft Tolvanen Toma Toman Tomanová Tomescu Tomlinson Toolan Török Torres Torstensson Tóth
Townsend Treccani Trejo Trevino Trommler Tröst Trüb Trujillo Trupp Tucker Türk Turpeinen Tuškan Tutu Tuwei Tweneboa Twomey Twumasi Tyrrell
Udeh Ülker Ullmann Ulloa Underwood Uotila Uppal Urbanová Urbonas Urlić Vacková Väisänen Valdez Valdivia Valencia Valentić Valenzuela
Välimäki Valjetić Valles Vance Vanegas Vang Váradi Varga Vargas Varghese Varis Vasconcelos Vasquez Vass Vaughan Vaughn Vávra Vávrová Vazquez
Veenendaal Vega Vegt Veić Velasquez Velazquez Velez Véliz Veltroni Venäläinen Vento Vercelloni Verda Veres Verhoeven Veselý Vestergaard
Vezzali Viana Vianello Vidas Vieira Vigil Viitala Viklund Viljanen Villa Villalobos Villanueva Villarreal Villaseñor Villegas Vincze
Visconti Vítek Vižintin Vlček Vlčková Voinea Voisin Vollbrecht Vörös Vranić Vrhovec Vsiliauskas Vugdelija Vukušić Vuori Vuorinen Wachira
Wade Wafula Wähner Wahome Wainaina Walia Walla Wallace Waller Walsh Walters Walton Wamboi Wambui Wang Wangari Wanijiku Wanja Wanjala Ware
Wario Warner Watkins Waweru Wawira Webb Webster Weihmann Weijland Weimer Welch Wensen Weston Weylant Wheeler Whitehead Whitehouse Whittaker
Wiafe Wieloch Wiggins Wilcox Wiley Wilhelmsson Wilkerson Wilkins Wilkinson Williamson Winkler Winters Winther Wolfe Wolzak Wong Woodard
Woodward Wooning Woudenberg Wright Yaamoa Yakub Yaman Yates Yawson Yeboa Yıldırım Yoder Yorulmaz Yudas Yüksel Zahn Zamora Zamorani Zänker
Zapata Zarate Zavala Zayas Zeba Zeldenrust Zeman Zemanová Zengin Zepeda Zevenboom Zhang Zimmerman Zobel Zorbach Zorlu Zuniga
""")

OTHER_MALE = listed("""
Adam Alexander Allen Bernard Bob Brady Brian Bruce Charles Christian Dan Don Drew Duane Earl Francisco Frank Gene George Gilbert Glenn
Gordon Guy Herbert Hunter Ian Jack Jacob Jay Jim Joe Jon Joseph Lawrence Leonard Mark Martin Max Perry Ray Raymond Robert Ross Roy Russell
Scott Thomas Tim Timothy Tom Vernon
""")

OTHER_FEMALE = listed("""
Alice Amber Amy Ana Angelica Ann Ashley Crystal Diamond Faith Hailey Heather Holly Joy Kari Kim Kirsten Mallory Marie Mary Melissa Melody
Mercedes Mia Pam Robin Rose Sandra Sandy Sue Summer Toni Zoe
""")
