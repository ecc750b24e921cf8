"""Names of people of many origins for synthetic notes: none has a last name in common with the training notes.

Those of "unseen" are as those in clinics of the United States, so common ones are in the development notes too, of which a part
(`COMMON_FIRST`, `COMMON_LAST`) is drawn about as often as people bear them. Most of the others are drawn from lists of Faker 40.63
(https://github.com/joke2k/faker), which come with this notice:

    Copyright (c) 2012 Daniele Faraglia

    Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
    "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
    distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
    the following conditions:

    The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

    THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
    MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
    ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH
    THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

from __future__ import annotations


def _listed(names: str) -> list[str]:
    return sorted(set(names.replace("\n", " ").strip().split(", ")))


TRAINING_FIRST = _listed("""
Aaron, Abdalla, Abena, Abiodun, Abiona, Adam, Adebowale, Adekitan, Adeyi, Adil, Adriane, Adrienn, Adunni, Advik, Advika, Afolarin, Ahti,
Akalan, Akinwale, Akua, Akwasi, Alan, Alana, Albert, Alberto, Albina, Alec, Alejandro, Alexander, Alexandra, Aleš, Alice, Alicia, Alison,
Allan, Alpin, Alyssa, Alícia, Ama, Amber, Amelia, Amina, Amir, Amoke, Amol, Amélie, Ana, Anastasie, Andor, Andre, Andrew, Andrzej, Anežka,
Angel, Angela, Anita, Ann, Anna, Annamaria, Annette, Antero, Anthony, Antoine, Anton, Antonio, Antony, Anya, April, Arnd, Arnim, Arpağ,
Art, Arthur Miguel, Asher, Ashling, Atatöre, Autumn, Awan, Awesi, Ayaan, Ayinde, Ayla, Ayoka, Aysar, Azad, Azize, Baaqee, Barak, Barbara,
Barry, Beatrice, Bella, Benno, Benício, Berezat, Bernadett, Bernard, Berrin, Bettina, Bianca, Bill, Bina, Birgit, Blathnaid, Bohumír,
Bolatito, Božena, Brent, Brett, Brittney, Bruce, Bruni, Calvin, Cameron, Camilo, Carlijn, Carlos, Carlos Eduardo, Carmen, Carolina,
Caroline, Cassandra, Cassidy, Cathleen, Catriona, Cauê, Cecilia, Cetin, Chameli, Chandresh, Charlene, Charles, Chase, Chavvi, Cheragh,
Christa, Christian, Christiane, Christine, Christophe, Christopher, Claire, Claudia, Claus-Dieter, Clifford, Clinton, Colin, Colins,
Colleen, Conan, Connie, Cory, Cristal, Cynthia, Céline, Daisy, Dalbir, Dalia, Dalton, Damian, Damife, Damyanti, Daniel, Daniele, Danielle,
Danique, David, Dean, Debra, Denis, Denise, Dereck, Derek, Derrick, Devon, Dhruv, Diane, Diego, Dierk, Dillon, Dimitri, Dimitrios,
Dobroslav, Dom, Dominic, Dominique, Donna, Donncha, Dora, Doreen, Dorota, Dorothy, Doyinsola, Drahoslava, Duane, Duuk, Dávid, Eamonn,
Ebony, Eduarda, Edward, Edwin, Edwina, Eileen, Ekavir, El-Amin, Elemér, Elena, Eliabeth, Elijah, Elin, Elina, Elizabeth, Ella, Ellen,
Elliot, Emil, Emilie, Emily, Emma, Emmy, Eniola, Erik, Erika, Erkılıç, Ernő, Ervin, Espartaco, Esperanza, Esteban, Eunice, Eva, Ezekiel,
Ezra, Fadime, Faith, Fanni, Fay, Fedde, Feden, Felicia, Fernando, Fersan, Finola, Flavio, Fleur, Flynn, Franca, Francis, Francisco,
Franck, Françoise, Frédéric, Gabriella, Garech, Garry, Gavin, Gbolahan, Gearoid, Geneviève, Geoffrey, Geofrey, George, Georgina, Georgine,
Ghannam, Ghiyath, Grace, Graham, Gregory, Guilherme, Guillermo, Gulzar, Guy, Gyula, Győző, Gábor, Gülkadın, Hailey, Hanim, Hanna, Hannah,
Hannele, Hans-Josef, Hans-Wilhelm, Harold, Harsh, Helena, Henri, Henriette, Henrik, Henry, Herbert, Hermanni, Heyvetullah, Hilda, Hope,
Horacio, Howard, Humphrey, Hunter, Hussein, Hélène, Ian, Ibironke, Ige, Ikeoluwa, Ilari, Ilona, Imre, Inga, Iretioluwa, Irén, Isaac,
Isabel, Isabella, Isadora, Iseoluwa, Ishola, Issack, Ivan, Ivy, Iván, Jaan, Jacinto, Jack, Jad, Jagrati, Jahangir, Jaime, Jake, James,
Jaqueline, Jaromír, Jaroslava, Jaylinn, Jeanette, Jeffery, Jelena, Jens, Jeremy, Jerome, Jhalak, Jiří, Joana, Joel, Joey, John, Jolán,
Jon, Joonas, Joram, Jordan, Joshua, José, José Emilio, José Manuél, Joséphine, Joyce, Joyline, João Miguel, João Vitor, Juan, Judit,
Judith, Juha, Juhani, Jules, Julia, Juliana, Julie, Juliette, Julius, June, Juwon, Kaleem, Kamal, Kamil, Kamilly, Kari, Karimi, Karl,
Katherine, Kati, Katie, Katriina, Katrina, Keijo, Kellie, Kelsey, Ken, Kendra, Kenneth, Kevin, Kibet, Kim, Kimani, Kimberly, Klaudia,
Klaudie, Klára, Kofi, Kordula, Kotuz, Koçkan, Kristóf, Kujoe, Kurt, Kustaa, Kwamena, Kwesi, Kylie, Kálmán, Ladislava, Laith, Lajlaj,
Laqeet, Laura, Lauren, Laurens, Lawrencia, Leela, Leila, Leon, Leonard, Leoš, Leroy, Libni, Libor, Liisa, Lilian, Liliana, Lilo, Lina,
Logan, Lois, Lorcan, Lorraine, Louis, Louise, Luan, Luigi, Luiz Fernando, Luke, Lukáš, Luna, Lutf, Lynn, Lynne, Maahir, Maanav, Mac,
Macharia, Mad, Maddison, Maggie, Maire, Mairin, Majd, Makori, Mallory, Manan, Manthan, Manuel, Marc, Marcela, Marcia, Mareike, Margot,
Marguerite, Maria, Maria Clara, Maria Luísa, Mariah, Marian, Mariana, Marianna, Mariano, Marijn, Marika, Mario, Marja-Leena, Mark, Martin,
Martine, Mary, Masika, Matheus, Mathilde, Matthias, Mauno, Maxwell, Mboya, Megha, Melanie, Melinda, Menfeat, Mervi, Mette, Michael, Mila,
Miloslav, Miloslava, Milán, Mindy, Minibe, Miodrag, Miray, Mirja, Mitchell, Mitchelle, Mitzy, Mofifoluwa, Mojmír, Molly, Moradeke, Morgan,
Morolake, Mosunmola, Mourib, Muhallil, Muhammet, Mutinda, Mutua, Mutuku, Mwanamisi, Myrthe, Mónica, Mónika, Mücevher, Nail, Naksh, Naoise,
Natalie, Natascha, Natividad, Neha, Nelly, Nelson, Nia, Nicholas, Nicole, Nikolaos, Nina, Njoroge, Noah, Noelia, Norah, Noémi, Octavio,
Océane, Oeshi, Oke, Okgüçlü, Okoth, Olajumoke, Olansile, Olavi, Oliver, Olivia, Olivie, Ololade, Oluwamumibori, Oluwasanmi, Oluwole,
Omolara, Omotara, Omowumi, Oscar, Owen, Oyindasola, Paige, Pamela, Paris, Parker, Parth, Patricia, Patrick, Paul, Paulette, Pauline,
Pavla, Pedro Henrique, Penny, Peter, Philip, Philippe, Phillip, Phineas, Pien, Priscillah, Přemysl, Qabil, Qadim, Qaim, Qanit, Qurban,
Qusay, Rabah, Rachel, Rachelle, Radi, Radim, Rafael, Raquel, Rauno, Ray, Rebeca, Rebekah, Reva, Richard, Riku, Rita, Riya, Rob, Robin,
Rohaan, Roisin, Rolando, Roope, Rosa, Rosaleen, Rosalia, Rosario, Rose, Roselyne, Rosemary, Ruairi, Ruby, Russell, Ryan, Rémy, Róbert,
Saadat, Saajid, Sabeeh, Salimet, Salma, Salomey, Sam, Samantha, Sami, Sandy, Sarah, Satu, Scott, Serafín, Serah, Serda, Sergio, Seth,
Seye, Shakira, Shania, Sharon, Shekoni, Shelby, Shelley, Sherri, Sheryl, Shirley, Sienna, Simon, Sina, Sinead, Sinikka, Siobhan, Sirap,
Sirkka, Sirpa, Sofia, Sofía, Sophie, Stacey, Stanislaus, Stanislava, Stanley, Stefanie, Stephan, Stephen, Steve, Steven, Susan, Susanne,
Suzanne, Svatopluk, Svatoslav, Sylvester, Sylvia, Szabolcs, Szilveszter, Süha, Süheyda, Tabassum, Tadeáš, Taneli, Tangül, Taylor, Teknaz,
Telim, Teresa, Teréz, Terézia, Thiago, Thijs, Thomas, Thérèse, Timothy, Tomáš, Toni, Tony, Tori, Tracey, Tracie, Tracy, Tristan, Tuomas,
Tygo, Tükelalp, Tünde, Ubayd, Udyati, Uludağ, Uraltay, Valdemar, Valerie, Valéria, Vanessa, Veeti, Veijo, Veronica, Victor, Viktor,
Viktória, Vinícius, Violeta, Warhi, Warren, Wayne, Wendy, Wesley, Xavier, Xobeen, Yagnesh, Yago, Yauvani, Yaw, Yolanda, Yunis, Yvonne,
Zackariya, Zarar, Zeferino, Zeynep, Zoe, Zoey, Zoltán, Zoé, Zsanett, Zsigmond, Zöhrehan, Ádám, Çıvgın, Éva, Özokçu, Ümmahan, İbrahim,
İklim, İsra, Štefan, Štěpánka, Šárka
""")
TRAINING_LAST = _listed("""
Aadam, Aalto, Aaltonen, Aasif, Aatiq, Aazim, Abrafi, Abreu, Acharya, Adegbite, Adelakun, Aderogba, Adeyemo, Adomah, Adriaensdr, Afirifa,
Afolabi, Afonja, Aguayo, Aguilar, Aguilera, Agyare, Agyeiwaa, Ahuja, Akar, Akdeniz, Akgündüz, Akinrinola, Aksu, Akyena, Alemdar, Allison,
Almanza, Almeida, Alonso, Anima, Antal, Antwiwaa, Aragão, Araújo, Archer, Arens, Arslan, Asante, Asantewaa, Asiedu, Aslan, Ata, Ataa,
Aubert, Aubry, Auraq, Awuah, Ayaan, Ayandokun, Ayoola, Baa, Badal, Badu, Baird, Bala, Baleegh, Barbosa, Barker, Barnes, Barraq, Barros,
Barta, Bartlett, Batal, Baxter, Becerra, Beck, Beijring, Beneš, Berger, Berry, Bertrand, Beránek, Bhattacharyya, Bilge, Bilir, Bird,
Bishop, Blake, Blevins, Blewanus, Blokland, Boakyewaa, Boatemaa, Boatemaah, Boateng, Boddaugh, Boer, Bogdán, Bolkesteijn, Bolnbach, Bona,
Bonaya, Bonilla, Bonnet, Booker, Booth, Borbély, Borde, Boros, Bose, Botello, Boulay, Boyer, Boyle, Braun, Brewer, Bridges, Brievingh,
Brito, Bronder, Brown, Bruder, Budai, Burke, Bártová, Caldeira, Callahan, Camacho, Cardoso, Caron, Carr, Carre, Carroll, Casanova, Castro,
Cavalcante, Cavalcanti, Chakrabarti, Chan, Chaney, Chang, Chauveau, Choudhury, Cirino, Clément, Comartún, Compton, Conley, Conway, Cook,
Coret, Cornelissen, Correia, Costa, Costela, Cowan, Cox, Craw, Cruz, Csonka, Cunha, Câmara, Cúnún, Daakoaa, Dalton, Datta, David, Davies,
Day, Demir, Demirel, Dennenberg, Desai, Diallo, Dietz, Dixit, Dixon, Doležal, Dominguez, Domínguez, Donaldson, Donkor, Dorsey, Dostál,
Drake, Drewes, Dugal, Dumanlı, Dupont, Dupuy, Duran, Durand, Durdu, Durmuş, Dutt, Dutta, Dušková, Díaz, Edun, Eimer, Eraslan, Eregae,
Ergül, Eriksson, Ernst, Eskelinen, Esparza, Estrada, Falabi, Fasasi, Fazekas, Fazli, Fechner, Ferguson, Fernandes, Fischer, Fišer, Flores,
Flynn, Flórez, Fofie, Foot, Forbes, Ford, Forsyth, Fosua, Fowler, Franco, Françoise, Frimpomaa, Fröhlich, Fábián, Fülöp, Fırat, Gallegos,
Gandhi, Ganguly, Garay, Gaskin, Gastélum, George, Ghazzal, Gitari, Glover, Gohar, Gomes, Gonçalves, Goodwin, Gore, Grein Groth, Grimes,
Gross, Guerrero, Guichard, Guillon, Gulati, Gumprich, Gurule, Gustafsson, Gute, Gutierrez, Gyamfiaa, Gál, Gáspár, Gül, Gülen, Hahn,
Halonen, Hançer, Harmon, Hart, Haynes, Hayrioğlu, Head, Heart, Hegedüs, Hegedűs, Heidrich, Heikkilä, Helin, Hellevoort, Henry, Heredia,
Herrera, Hill, Holland, Horák, Huls, Hájková, Höfig, Ibikunle, Iftikhaar, Ihtiram, Ilupeju, Imali, Ireri, Iyanda, Jaiyeola, Jalonen,
Jameel, Jarošová, Jauhiainen, Jelínek, Jelínková, Jensen, Jepleting, Jepngetich, Ježek, Jungfer, Jónás, Kalita, Kambs, Kamran, Karikari,
Karjalainen, Karlsson, Karpe, Karvinen, Kelemen, Kelvin, Kemppainen, Kenga, Kenny, Kerekes, Kerr, Kim, King, Kiragu, Kis, Kiss, Kitzmann,
Kline, Knight, Koivisto, Kolade, Kolehmainen, Kolář, Korutürk, Koshy, Kosoko, Kostolzin, Kota, Koya, Krausová, Kruns, Kuisma, Kujala,
Kulmala, Kuusisto, Kwaakye, Kwarteng, Kyalo, Kyeiwaa, Kärki, Kříž, Laidhléis, Lakatos, Lam, Lambregt, Lang, Le Marec, Leach, Ledesma, Lee,
Lehtinen, Lehtonen, Lelièvre, Leonard, Leroy, Levy, Lilja, Lima, Lindqvist, Long, Lopes, Lorch, Louis, Love, Loyal, Lozano, Luna, Luster,
Lyons, László, Maawiya, Mac Allmhúráin, Mac Caochlaigh, Mac Confraoich, Mac Cumhail, Mac Daibhíd, Mac Fhearghail, Mac Fhlannagáin, Mac
Gilleathain, Mac Glionáin, Mac Énrí, Macedo, Mach, Machová, Macháčková, Mad, Maghanga, Maheen, Maillet, Majd, Makinwa, Malý, Mammen, Mamo,
Mansa, Marešová, Marion, Marques, Marsh, Masese, Matoušek, Matoušková, Matthäi, Matías, Matějka, Mašek, Mašková, Mbugua, McCormick,
McIntosh, McIntyre, McKay, McLean, McMurray, Mcbride, Mccann, Mcfarland, Mcgee, Mcgrath, Mckee, Mclaughlin, Medina, Meeusen, Melo, Mendes,
Menon, Mentzel, Menza, Meyer, Middelkoop, Mikkola, Millet, Mitchell, Mitschke, Mohanty, Moody, Moon, Moraes, Morales, Morawo, Morgan,
Mortimer, Mose, Mosemann, Moulin, Moya, Mude, Mukiri, Munoz, Musyoki, Mutemi, Muthengi, Mwangangi, Mwongela, Méaláid, Mészáros, Mülichen,
Müller, Nabih, Nail, Nascimento, Navrátil, Ndwiga, Nemes, Neveu, Newman, Ngugi, Nguyen, Nielsen, Nieto, Novais, Novák, Nováková, Nti,
Nunes, Nyaboke, Nyambu, Nyawa, Nzomo, Németh, O'Brien, O'Connell, Odetola, Odonnell, Ogulana, Ogunbiyi, Ojanen, Ojo, Olabode, Olasupo,
Oliveira, Olujimi, Olusanya, Oluwagbemi, Olvera, Omar, Omojola, Omotoso, Oneill, Onyiego, Opiyo, Opuku, Orosz, Orr, Orsós, Osei, Otto,
Owens, Owokoniran, Owusuwaa, Oyadiran, Oyeniyi, Oyeyemi, Padilla, Paimo, Parekh, Parent, Paris, Parker, Pataki, Patrick, Patton, Paul,
Pavlíček, Peck, Peixoto, Perea, Pereira, Perez, Perrin, Perry, Petrová, Pineda, Pires, Pollard, Pomaa, Ponci, Porto, Potts, Poulain,
Powell, Prasad, Pratt, Preston, Price, Procter, Pruvost, Pásztor, Pääkkönen, Póil, Qadeer, Qasif, Raaghib, Rabb, Rabee, Rackham, Rafay,
Rafi, Raghavan, Rajagopalan, Read, Reese, Renner, Reyes, Rice, Richards, Riihimäki, Rivas, Rodrigues, Rossiter, Rotich, Rudolph, Rush,
Sager, Saini, Salako, Sales, Salinas, Salmi, Salonen, Sama, Sampaio, Samuel, Sandoval, Sankaran, Santacruz, Santiago, Sarin, Sarneel,
Schaefer, Schenk, Schiffer, Schlosser, Schüler, Searraigh, Sellers, Seppänen, Seven, Sezgin, Shah, Shand, Sharp, Shelton, Shields, Shroff,
Sihvonen, Silva, Silvennoinen, Simiyu, Simon, Simonen, Singhal, Sipos, Sire, Slavíková, Small, Smits, Sobowale, Somogyi, Sontag, Sosa,
Soto, Soyinka, Soylu, Soós, Spencer, Spies, Stace, Stahr, Staňková, Steele, Stevens, Stoffel, Stone, Strnad, Stuart, Subramaniam, Szabó,
Szalai, Szilágyi, Szőke, Tadeen, Taheem, Talhah, Tali, Talwar, Taneja, Tarhan, Teixeira, Tevetoğlu, Thies, Thomas, Thompson, Thuo,
Tijerina, Timmerman, Toman, Trub, Trujillo, Tschentscher, Tuithof, Tuominen, Tweneboa, Tóth, Türk, Tůma, Ubaadah, Ubadah, Uhban, Umaarah,
Urban, Vaillant, Valadez, Valette, Vargas, Vass, Vaughn, Velasquez, Velásquez, Venäläinen, Verbeek, Verdier, Versluijs, Viana, Vidal,
Vieira, Viera, Viitanen, Villarreal, Vincze, Vink, Viswanathan, Váradi, Väisänen, Vítek, Waithira, Wall, Wallis, Walls, Walters, Wamaitha,
Wanjiru, Ward, Washington, Weber, Weimer, Weinhold, Wekesa, Wendt, Wernecke, Westerburg, Wheeler, White, Whitney, Wiafe, Wijland, Wilson,
Wong, Yahyaa, Yaman, Yeboah, Ylönen, Yorulmaz, Young, Yüksel, Yıldırım, Yılmaz, Zaakir, Zaal, Zamora, Zedillo, Zengin, Zorlu, Ávila,
Çamurcuoğlu, Çorlu, Ó Cnuacháin, Ó Cochláin, Ó Coigil, Ó Cosgair, Ó Céirín, Ó Duinnléi, Ó Flannabhra, Ó Gruagáin, Ó Hainín, Ó Heithchir, Ó
Hinneirghe, Ó Lonargáin, Ó Manntáin, Ó Maolagáin, Ó Monacháin, Ó Muilleagáin, Ó Muimhneacháin, Ó Niallagáin, Ó Ruacháin, Ó Rócháin, Ó
Rónáin, Ó Síothcháin, Ó Tarlaigh, Ó Ánusaigh, Öcalan, Čermáková, Şafak, Šmídová, Štěpánek
""")
DEVELOPMENT_FIRST = _listed("""
Abbie, Abdirahman, Adimu, Alanna, Albertina, Albína, Alžbeta, Amália, Amālija, Anahit, Anna-Lisa, Anne-Sophie, Anný, Ants, Aoi, Aristides,
Arjun, Asatira, Atma, Avgust, Baccio, Bagya, Basarab, Benigno, Beshte, Bethan, Bhekokwakhe, Bibiána, Biserka, Bjarne, Bjartur, Blessing,
Bo, Boel, Branislav, Brayden, Brilyant, Bystrík, Cahyadi, Caoimhe, Caolan, Catrine, Charis, Christofer, Chukwuemeka, Cianan, Codrin,
Conrado, Cvetko, Dadap, Dalía, Danijel, Darcy, Daruna, Dawn, DeShawn, Deaglan, Dearbhaile, Destiny, Dmitri, Domagoj, Dorita, Dražen,
Dzintra, Einar, Einer, Eitan, Eleanora, Ene, Enzio, Eraldo, Esben, Fabia, Fabrizio, Farhad, Fatima, Flaviu, Franciska, Frank, Fuma,
Gadang, Garegin, Geirhvatur, Gelu, Georgian, Gertrúda, Gianina, Giustino, Grieta, Gunilla, Gurpreet, Günay, Gündüz, Habil, Hamis, Haruka,
Hekima, Himawan, Hodan, Hollie, Iain, Ieremia, Indrek, Ingalill, Ingegärd, Ingrīda, Ināra, Iona, Iris, Ivica, Jadranka, Jasiri, Jaxon,
Jean-Baptiste, Jernej, Jevgeni, Ji-won, Jose Luis, Joy, Joško, Juan José, Julija, Julijana, Jørgen, Jüri, Jāzeps, Jūlija, Kajen,
Karl-Erik, Karol, Katarīna, Kehinde, Kenji, Keoni, Kerrie, Khamani, Kirstie, Klas, Kristijan, Kristjan, Kókó, Lakshmi, Latoya, Lauris,
Laust, Leilani, Leó, Londiwe, Lorelei, Lovro, Luciana, Luis Ángel, Lungile, Luyanda, Līza, Makayla, Maksim, Malena, Manda, Manuelita,
Marcantonio, Margaréta, Maricel, Marinó, Marjeta, Marsito, Martani, Martyn, María José, Matea, Mateja, Mati, Mattia, Mavuno, Maxi,
Maximilián, May, Melody, Merete, Merethe, Meyransa, Michela, Mihael, Milota, Minh, Mohammed, Mulele, Musila, Móric, Mümtaz, Naoimh,
Ndumiso, Ngozi, Nicolaie, Nika, Nkazimulo, Nnamdi, Nomvula, Nqobizitha, Nuša, Nyasi, Nyuki, Oksana, Oleg, Olive, Oluwaseun, Pa Houa,
Panya, Paraschiva, Patience, Pauls, Paulína, Peace, Peeter, Petrona, Petronela, Priit, Priyanka, Raffaello, Rafnkell, Rashid, Rasim,
Reece, Rihards, Rosalina, Rosie, Rozalija, Rune, Ruperta, Rúnhildur, Rübeyda, Salvi, Sava, Seana, Selamawit, Sergey, Sergius, Seung-hoon,
Shay, Shirin, Shoshana, Sian, Sibongile, Sigurhanna, Silje, Siphesihle, Snævar, Solmaz, Sophie-Louise, Soraya, Staffan, Sussie, Svenning,
Svetlana, Tala, Terese, Tesfaye, Thalente, Thembeka, Thuthukile, Thuy, Timotej, Tou, Tova, Troels, Tukufu, Ty, Uldis, Ulrica, Umay,
Valerija, Vega, Vello, Veneranda, Villads, Viorel, Volodymyr, Wahyu, Waluyo, Wei-Ling, Will, Winona, Xanım, Xi, Xiaoyan, Yetunde, Zahra,
Zeynal, Zibuyile, Ágata, Ásný, Ástmundur, Çingiz, Édgar, Ülle, Þuríður, İbiş, Şaban, Špela, Željka, Ștefania
""")
DEVELOPMENT_LAST = _listed("""
Aanei, Abdullahi, Abiola, Adetokunbo, Adeyemi, Agustín, Ahlgren, Akhtar, Al-Rashid, Alberola, Alksne, Andreasson, Antić, Apsītis,
Ardelean, Arro, Aríus, Axundlu, Babanlı, Bae, Baharia, Baltiņš, Banks, Bayón, Bağırov, Begay, Ben-David, Benić, Bernis, Bertilsson, Best,
Björgúlfs, Bloodworth, Borgström, Bosurgi, Brandić, Brännström, Burns, Carthy, Case, Cases, Cauley, Chadwick, Chukwu, Church, Cocci,
Corbacho, Cristea, Curatoli, Cvetko, Cvetković, D'Agostino, Daly, Dargan, De los Reyes, Dekýš, Della Rocca, Demšar, Dhadho, Dhillon, Diez,
Dimaculangan, Duvančić, Eivers, Ek, El-Sayed, Emanuelli, Eminov, Ene, Eriksen, Escalona, Eze, Ferm, Fields, Filipeková, Filippov, Forster,
Franičević, Fredriksson, Friberg, Friðgeirs, Fujiwara, Galić, García Márquez, Gcwabe, Gebremedhin, Gheorghiu, Givern, Gomila, Gorenc,
Gray, Gregersen, Gubhuza, Gullberg, Góis, Haddad, Hakobyan, Hand, Hassani, Hilton, Hoang, Hodgson, Holubecová, Hočevar, Hrafns, Humphreys,
Humphries, Ihnačák, Imrichová, Inzaghi, Irawan, Ito, Iversen, Iyer, Jailani, Jakobsen, Janošeková, Jasprica, Jenko, Johnsen, Jonsson,
Järv, Järve, Jørgensen, Kahinu, Kalanjoš, Kaur, Kaučič, Kealoha, Kelder, Khoury, Kimachu, Kitumaini, Klausen, Klimková, Kodrič, Kokalj,
Kokol, Kristens, Kristensson, Kristófers, Krivec, Krogh, Krūze, Kurg, Kuznetsov, Kwon, Käärik, Kārkliņa, Kļaviņa, Lacková, Lah, Lamb,
Lassen, Le Roux, Legge, Li, Lladó, Llobet, Lukstiņš, Lutholoni, Luthuli, MacCarville, MacGillivray, MacNeela, Madhubuti, Magsaysay,
Mahlangu, Mahmudova, Makulu, Manullang, March, Marcinová, Martić, Mascheroni, Mbili, Mboko, McGee, McIlroy, McNelis, Mehigan, Mgenge,
Michálek, Mizrahi, Mocanu, Monday, Murialdo, Murnin, Muğanlı, Móric, Naomi, Nasyiah, Ncanana, Nemeș, Ng, Nguyễn, Nicholls, Nistor, Niță,
Njinji, Nugroho, Nygren, Nørgaard, O'Dowd, O'Herlihy, Obama, Obasanjo, Obi, Ogunleye, Oh, Okafor, Okonkwo, Olawale, Oshodi, Ouyang,
Overgaard, Oyekan, O’Shaughnessy, Palastri, Palau, Parkin, Payne, Peacock, Peinado, Pepe, Petrosyan, Phạm, Piirsalu, Podniece, Pop, Pope,
Prakasa, Prasetya, Preda, Priedītis, Pērkons, Qurbanlı, Qutqaşınlı, Rahayu, Rastelli, Rebane, Rikke, Roosileht, Rosén, Roze, Rudzīte,
Rybníčeková, Sainz, Salvo, Santos-Ortega, Saputra, Scanlan, Seddio, Seo, Sheilds, Shevchenko, Shoba, Short, Sigurhans, Sigurleifs,
Sillaste, Simba, Simbolon, Simeoni, Sinema, Sjölander, Skujiņš, Sommaruga, Sonqandile, St. Clair, Steinþórs, Stoica, Stojčević, Storey,
Suur, Svendsen, Szeto, Sævins, Søndergaard, Talbot, Talıblı, Tarihoran, Teesalu, Tekle, Temple, Thomsen, Thomson, Thusi, Toić, Toma,
Tomšič, Tratnik, Treier, Trussardi, Trần, Uche, Vall, Vang, Veić, Venkataraman, Voinea, Vífills, Vīksna, Wanijiku, Warsame, Wasita, Wells,
Winter, Wu, Xaba, Xakimov, Xiong, Yamaguchi, Yazzie, Yudas, Yulianti, Zhang, bin Yusof, van den Heuvel, von Hohenberg, Þórhallis,
Ďurišová, İsmayılqızı, Şükürov, Šebová, Žibert, Žic, Əylisli
""")
COMMON_FIRST = 3 * _listed("""
James, Robert, John, Michael, William, David, Richard, Joseph, Thomas, Charles, Christopher, Daniel, Matthew, Anthony, Mark, Donald,
Steven, Paul, Andrew, Joshua, Kenneth, Kevin, Brian, George, Timothy, Ronald, Jason, Edward, Jeffrey, Ryan, Gary, Nicholas, Eric, Stephen,
Larry, Justin, Scott, Brandon, Benjamin, Samuel, Raymond, Gregory, Frank, Patrick, Jack, Dennis, Jerry, Tyler, Aaron, Henry, Walter,
Willie, Earl, Leroy, Curtis, Marcus, Tyrone, Mary, Patricia, Jennifer, Linda, Elizabeth, Barbara, Susan, Jessica, Sarah, Karen, Lisa,
Nancy, Betty, Sandra, Margaret, Ashley, Kimberly, Emily, Donna, Michelle, Carol, Amanda, Melissa, Deborah, Stephanie, Rebecca, Sharon,
Laura, Cynthia, Dorothy, Amy, Kathleen, Angela, Shirley, Brenda, Emma, Anna, Pamela, Nicole, Ruth, Katherine, Samantha, Virginia, Debra,
Janet, Carolyn, Rachel, Heather, Diane, Joyce, Evelyn, Joan, Judith, Gloria, Mildred, Doris, Thelma, Hazel, Bernice, Yolanda, Latasha,
Jose, Juan, Maria, Luis, Carlos, Rosa, Miguel, Ana, Hector, Guadalupe
""") + _listed("""
Francisco, Graciela, Jesus, Consuelo, Rafael, Marisol, Yesenia, Xiomara, Lupita, Wei, Ming, Xiu, Hui-Min, Jin-Woo, Hyun-Ju, Thanh, Linh,
Trung, Anh, Yuki, Hiroshi, Rajesh, Sunita, Anil, Deepak, Priya, Suresh, Kavita, Venkat, Fatimah, Yusuf, Khalid, Abdul, Hodan, Natalya,
Piotr, Agnieszka, Giuseppe, Concetta, Chidi, Adaeze, Kwame, Efua, Nkechi, Tamika, Keisha, DeAndre, Darnell, Jamal, Lashonda, Marquis,
Siobhan, Rhys, Gareth, Nigel, Bronwyn, Hamish, Maeve, Ramon, Corazon, Rodrigo, Imelda, Dakota, Cheyenne, River, Skyler, Jayden, Kaylee,
Mackenzie, Brooklyn, Nevaeh, Avi, Chaya, Moshe, Eleni, Stavros, Vanessa, Beau, Cletus, Opal, Faye, Otis, Roosevelt, Velma, Bubba
""")
COMMON_LAST = 3 * _listed("""
Smith, Johnson, Williams, Jones, Garcia, Miller, Davis, Rodriguez, Martinez, Hernandez, Lopez, Gonzalez, Anderson, Taylor, Moore, Jackson,
Martin, Harris, Sanchez, Clark, Ramirez, Lewis, Robinson, Walker, Allen, Wright, Scott, Torres, Green, Adams, Nelson, Baker, Hall, Rivera,
Campbell, Carter, Roberts, Gomez, Phillips, Evans, Turner, Diaz, Edwards, Collins, Stewart, Morris, Murphy, Rogers, Ortiz, Cooper,
Peterson, Bailey, Reed, Kelly, Howard, Ramos, Richardson, Watson, Brooks, Chavez, Wood, James, Bennett, Mendoza, Ruiz, Hughes, Alvarez,
Castillo, Sanders, Patel, Myers, Ross, Foster, Jimenez, Jenkins, Russell, Sullivan, Bell, Coleman, Butler, Henderson, Fisher, Vasquez,
Simmons, Romero, Jordan, Patterson, Hamilton, Graham, Reynolds, Griffin, Wallace, Moreno, West, Cole, Hayes, Bryant, Gibson, Ellis, Tran,
Marshall, Harrison, Kennedy, Chen, Freeman, Webb, Tucker, Crawford, Olson, Simpson, Porter, Hunter, Gordon, Mason, Hunt, Black, Warren,
Palmer, Schmidt, Snyder, Singh
""") + _listed("""
Woods, Fox, Park, Little, Lane, Pena, Do, Ho, Le, Vo, Vu, Pham, Truong, Huynh, Bui, Liu, Huang, Yang, Choi, Nakamura, Yamamoto, Reddy,
Rao, Sharma, Gupta, Kumar, Mehta, Nair, Krishnan, Mukherjee, Kulkarni, Malhotra, Khan, Ahmed, Ali, Hussain, Chaudhry, Rahman, Mohamed,
Farah, Ibrahim, Mensah, Owusu, Adeleke, Okoro, Bekele, Ivanov, Kovalenko, Novak, Kowalski, Kaminski, Wojcik, Rossi, Esposito, DiNapoli,
DeLuca, Papadopoulos, Cohen, Goldberg, Rosenberg, Shapiro, Katz, Boudreaux, Thibodeaux, Fontenot, Tremblay, Tsosie, Benally, Kahananui,
Tuiasosopo, Bautista, Villanueva, dela Peña, De La Torre, Van Dyke, Vandenberg, St. Pierre, O'Malley, O'Neill, McDonald, McAllister,
Fitzgerald, Whitfield, Abernathy, Pritchard, Ashworth, Barraclough, Entwistle, Muhammad, Mosley, Gaines, Pettway, Maldonado, Espinoza,
Valdez, Mejia, Nunez, Contreras, Zuniga, Yoder, Stoltzfus, Schwartzentruber, Lindstrom, Halvorsen, Tafoya, Ojeda, Quispe, Delacroix-Reid,
Begum
""")
UNSEEN_FIRST = _listed("""
Aaliyah, Abdullahi, Abena, Alejandro, Amanda, Amber, Anahit, Andrew, Anjali, Anthony, April, Araceli, Arjun, Art, Ashley, Austin, Autumn,
Ayesha, Barbara, Bayani, Betty, Bhavesh, Blanca, Brandon, Brayden, Brenda, Brian, Brooklyn, Carlos, Carmen, Carol, Carter, Charles, Chase,
Chinedu, Christopher, Clay, Consuelo, Corazon, Dallas, Daniel, Danielle, Darnell, David, Dawn, DeShawn, Dean, Deborah, Deepak, Dennis,
Dolores, Donald, Donna, Doris, Dorothy, Duc, Earl, Efraín, Elizabeth, Emily, Ernesto, Esperanza, Ethel, Ezequiel, Faith, Fatema,
Francisco, Frank, Gary, Georgia, Giuseppina, Gladys, Gloria, Grace, Guadalupe, Guy, Harold, Harpreet, Haruto, Heather, Helen, Hodan,
Hunter, Hyun, Héctor, Ivy, Jacob, James, Jason, Jaxon, Jayden, Jean-Baptiste, Jeffrey, Jennifer, Jessica, Jesús, John, Jordan, Jorge,
Joseph, Joshua, José, Joy, Juan, Juan Carlos, Jun, June, Justin, Karen, Kayleigh, Keisha, Kenji, Kenneth, Keoni, Kevin, Kimberly,
Konstantinos, Kwame, LaToya, Lakshmi, Larry, Laura, Layla, Leilani, Leticia, Li, Linda, Linh, Lisa, Lowell, Luis, Luz, Madison, Mai Yer,
Maria, Mariam, Maribel, Maricel, Marisol, Mark, Mary, Mason, Mateo, Matthew, May, Melissa, Mercedes, Michael, Michelle, Miguel, Mildred,
Min-ji, Minh, Mohammed, Moshe, Nancy, Ngozi, Nguyet, Nizhoni, Omar, Opal, Pao, Patricia, Paul, Pearl, Priya, Rafael, Rajesh, Ramón,
Rebecca, Richard, Robert, Rodel, Ronald, Roosevelt, Rosa, Rose, Ruth, Sandra, Santiago, Sarah, Savannah, Sean, Shirin, Shirley, Siobhán,
Skyler, Socorro, Soledad, Soo Jin, Stephanie, Steven, Summer, Sung, Sunita, Susan, Svetlana, Tamika, Thomas, Thuy, Tigist, Timothy,
Tyrone, Vernon, Vikram, Virginia, Walter, Wei, Will, William, Wilma, Wojciech, Ximena, Xiomara, Xiuying, Yesenia, Yolanda, Yuki, Yusuf,
Ángel
""")
UNSEEN_LAST = _listed("""
Abdi, Adams, Adeyemi, Ahmed, Al-Hakim, Ali, Allen, Alvarez, Anderson, Andrews, Armstrong, Arnold, Austin, Ayala, Baca, Bailey, Baker,
Banerjee, Banks, Bautista, Begay, Bell, Ben-David, Bennett, Best, Black, Bond, Boudreaux, Boyd, Bradley, Brooks, Bui, Burns, Bush, Butler,
Campbell, Carter, Case, Castillo, Cervantes, Chavez, Chavis, Chen, Child, Cho, Choi, Christmas, Church, Clark, Cohen, Cole, Coleman,
Collins, Colón, Cooper, Crawford, Crouse, Dang, Das, Davis, De La Cruz, De León, Del Toro, Dela Cruz, Delgado, DiNardo, Diaz,
Dimaculangan, Do, Duarte, Duncan, Dunn, Edwards, El-Sayed, Ellis, English, Esposito, Evans, Fernandez, Fields, Fisher, Foster, Fox,
Franklin, Freeman, French, Frost, Garcia, García-López, Gardner, Garza, Gebremariam, Gentry, Gibson, Glass, Gomez, Gonzalez, Graham,
Grant, Gray, Green, Greene, Gupta, Guzman, Haddad, Hall, Hamilton, Harper, Harris, Hassan, Hatfield, Hawkins, Henderson, Hernandez,
Hernandez Cruz, Hicks, Holmes, Hossain, Hosseini, Howard, Huang, Hudson, Hughes, Hunt, Hurst, Huynh, Iglesias, Ito, Iyer, Jackson, James,
Jenkins, Jimenez, Johnson, Jones, Jordan, Joseph, Kang, Kaur, Kealoha, Kelley, Kelly, Kennedy, Khalil, Khan, Kowalski, Kumar, Lake, Lane,
Law, Lawrence, Lawson, Le, Ledbetter, Lewis, Li, Lin, Lincoln, Little, Liu, London, Lopez, Lor, MacDonald, Macapagal, Maldonado, Malik,
Mansour, Marshall, Martin, Martinez, Mason, Matthews, McCarthy, McKinney, Mendoza, Mensah, Miller, Mills, Mohamed, Moore, Moreno, Morris,
Moss, Murphy, Muñoz, Mwangi, Myers, Nakamura, Nelson, Nowak, Núñez, O'Connor, Ochoa, Okafor, Okonkwo, Ortiz, Page, Palmer, Papadopoulos,
Park, Pascual, Patel, Patterson, Payne, Paz, Perera, Perkins, Peters, Peterson, Petrosyan, Pettway, Peña, Pham, Phillips, Pierce, Pierre,
Quiñones, Ramirez, Ramos, Rao, Ray, Reddy, Reed, Reynolds, Rich, Richardson, Riley, Rivera, Rivers, Roberts, Robertson, Robinson,
Rodriguez, Rogers, Romero, Rosales Mejía, Rosario, Rose, Ross, Ruiz, Russell, Russo, Ríos, Salazar, Sanchez, Sanders, Santos, Savage,
Schmidt, Schroeder, Scott, Sharma, Short, Siddiqui, Simmons, Sims, Singh, Smith, Smith-Jones, Snyder, St. Louis, Stewart, Stoltzfus,
Strong, Subramanian, Sullivan, Tanaka, Taylor, Tesfaye, Thapa, Tharp, Torres, Tran, Truong, Tucker, Turner, Tzoc, Van Dyke, Vang, Vasquez,
Venkataraman, Vo, Volkov, Wagner, Walker, Wallace, Wang, Warren, Warsame, Watkins, Watson, Weaver, Webb, Wells, West, Williams, Winter,
Wiśniewski, Wood, Woods, Wright, Wu, Xiong, Xu, Yang, Yazzie, Yoder, Yoon, Zhang, Zúñiga, de Vries, van der Berg
""")
FIRST_NAMES = {"training": TRAINING_FIRST, "development": DEVELOPMENT_FIRST + COMMON_FIRST, "unseen": UNSEEN_FIRST}
LAST_NAMES = {"training": TRAINING_LAST, "development": DEVELOPMENT_LAST + COMMON_LAST, "unseen": UNSEEN_LAST}
